// Writes the documents that are made from the schemas: AsyncAPI, OpenAPI and JSON Schemas in protocol/generated/, and the
// tables of fields in PROTOCOL.md. Run it after a change of protocol/schemas.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { generatedDocuments } from './protocol/documents.ts';
import { withFieldTables } from './protocol/fieldTables.ts';

const root = new URL('../', import.meta.url);
const protocol = new URL('PROTOCOL.md', root);
// The tables come first: the documents take their examples from the same file.
writeFileSync(protocol, withFieldTables(readFileSync(protocol, 'utf8')));
mkdirSync(new URL('protocol/generated/', root), { recursive: true });
for (const [path, text] of generatedDocuments()) writeFileSync(new URL(path, root), text);

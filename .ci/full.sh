#!/usr/bin/env bash
# `npm run test:full`: style and structure, the compiled build, the slower tests (a browser, the README's commands in a
# clone of their own, gates with each load generator among them). About twenty minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

npm run lint
npm run build
npx vitest run --config vitest.full.config.ts

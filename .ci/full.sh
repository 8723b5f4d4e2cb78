#!/usr/bin/env bash
# `npm run test:full`: style and structure, the compiled build, the slower tests (a browser, the README's commands in a
# clone of their own, gates with each load generator among them). About twenty minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

npm run lint
npm run build
# The k6 scripts are played by k6 itself; without it and Go their tests say that they were left out.
npm run setup:k6 || echo 'k6 could not be had: its scripts are not played'
npx vitest run --config vitest.full.config.ts

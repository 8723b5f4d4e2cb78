#!/usr/bin/env bash
# `npm run test:full`: style and structure, the compiled build, the slower tests (a browser, the README's commands in a
# clone of their own), and a short gate over each load generator. Under ten minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

npm run lint
npm run build
npx vitest run --config vitest.full.config.ts
node dist/cli/main.js gate --scenario smoke --load swarm || gate=$?
# A noisy machine may make a gate invalid (3): that is no fault of the code. A fail (1) is.
if [ "${gate:-0}" -ne 0 ] && [ "${gate:-0}" -ne 3 ]; then exit "$gate"; fi

#!/usr/bin/env bash
# Runs tapedeck as the inputs say, puts its Markdown into the job's summary and keeps its exit code for the last step.
set -uo pipefail

if [[ ! $INPUT_NAME =~ ^[A-Za-z0-9._-]+$ ]]; then
  echo "::error::tapedeck: the input name may have letters, digits, dots, dashes and underscores"
  exit 64
fi
report="$RUNNER_TEMP/$INPUT_NAME-report"
rm -rf "$report"

command=gate
if [[ -n $INPUT_AGAINST$INPUT_A$INPUT_B ]]; then command=compare; fi
args=("$command" --out "$report")
add() {
  if [[ -n $2 ]]; then args+=("$1" "$2"); fi
}
add --scenario "$INPUT_SCENARIO"
add --targets "$INPUT_TARGETS"
add --target "$INPUT_TARGET"
add --load "$INPUT_LOAD"
add --against "$INPUT_AGAINST"
add --a "$INPUT_A"
add --b "$INPUT_B"
while IFS= read -r line; do
  if [[ -n $line ]]; then args+=("$line"); fi
done <<<"$INPUT_ARGS"

npx --yes "$INPUT_PACKAGE" "${args[@]}"
code=$?

case $code in
  0) verdict=pass ;;
  1) verdict=fail ;;
  3) verdict=invalid ;;
  *) verdict=error ;;
esac
{
  echo "exit-code=$code"
  echo "verdict=$verdict"
  echo "report=$report"
} >>"$GITHUB_OUTPUT"
if [[ -f $report/summary.md ]]; then
  cat "$report/summary.md" >>"$GITHUB_STEP_SUMMARY"
else
  echo "tapedeck made no report (exit code $code); the step's log says why." >>"$GITHUB_STEP_SUMMARY"
fi

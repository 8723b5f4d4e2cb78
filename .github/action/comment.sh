#!/usr/bin/env bash
# Puts the report's Markdown under the pull request: one comment for each name, written anew by each run.
set -euo pipefail

if [[ ! -f $REPORT/summary.md ]]; then exit 0; fi
marker="<!-- tapedeck:$INPUT_NAME -->"
body="$RUNNER_TEMP/$INPUT_NAME-comment.md"
{
  echo "$marker"
  # GitHub takes 65,536 characters.
  head -c 60000 "$REPORT/summary.md"
  echo
  echo "The whole report is among the [run's artefacts]($GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID)."
} >"$body"

# Only a comment of the bot's own is written over, whoever else writes the marker.
own=".[] | select(.user.login == \"github-actions[bot]\" and (.body | startswith(\"$marker\"))) | .id"
found=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments" --jq "$own")
id=${found%%$'\n'*}
if [[ -n $id ]]; then
  gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field "body=@$body"
else
  gh api --silent --method POST "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments" --field "body=@$body"
fi

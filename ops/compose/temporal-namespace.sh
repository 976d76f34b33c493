#!/bin/sh
# Sees to it that the namespace TEMPORAL_NAMESPACE at TEMPORAL_ADDRESS is there, keeps closed runs for RETENTION, and has the search
# attributes without which no workflow of sluice starts. May be run again.
set -eu

# The port opens before the server is ready.
tries=0
until temporal operator cluster health >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    echo "the Temporal server at $TEMPORAL_ADDRESS does not become healthy" >&2
    exit 1
  fi
  sleep 1
done

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
else
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
fi

has_attribute() {
  temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE" | grep -q "^ *$1 "
}

add_attribute() {
  # A namespace that has just been made is not known to all of the server at once.
  tries=0
  until has_attribute "$1"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 30 ]; then
      echo "the search attribute $1 could not be added" >&2
      exit 1
    fi
    temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$1" --type "$2" || sleep 1
  done
}

add_attribute SluiceSource Keyword
add_attribute SluiceStream Keyword
add_attribute SluiceKind Keyword
add_attribute SluiceOutcome Keyword
add_attribute SluiceDeadline Datetime

# The server lists an attribute a moment before it takes it: what starts in between would be refused.
known="SluiceSource = '' AND SluiceStream = '' AND SluiceKind = '' AND SluiceOutcome = '' AND SluiceDeadline IS NULL"
tries=0
until temporal workflow count --namespace "$TEMPORAL_NAMESPACE" --query "$known" >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    temporal workflow count --namespace "$TEMPORAL_NAMESPACE" --query "$known"
    exit 1
  fi
  sleep 1
done

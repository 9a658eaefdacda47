# Ctrl-C ends a dinner in any state of its philosophers, with a summary, and leaves no process; a killed philosopher gives
# back its forks.
. "$(dirname "$0")/lib.sh"
dine() { # starts it in a process group of its own, whose members are counted afterwards
  rm -f out err
  set -m
  "$ECE465" dine "$@" >out 2>err &
  pid=$!
  set +m
}
members() { pgrep -g "$pid" || true; }
ended() { code=0; wait "$pid" || code=$?; wait_for 'the last philosopher to end' nobody_left; }
nobody_left() { [ -z "$(members)" ]; }
worked() { # 0.2 s of CPU time, its children's that have not ended left out
  local ticks
  ticks=$(sed 's/.*) //' "/proc/$pid/stat" | awk '{ print $12 + $13 }')
  [ "$ticks" -ge $(($(getconf CLK_TCK) / 5)) ]
}

# While thinking, while eating (the others wait), and at any time.
for mode in ipc thread async tcp; do
  for state in '--think 1h --eat 1h' '--think 0 --eat 1h' '--think 0 --eat 0 --quiet'; do
    # shellcheck disable=SC2086
    dine --mode "$mode" $state
    if [[ $state != *quiet ]]; then
      wait_for "$mode $state" grep -sq "$([[ $state = *'think 0'* ]] && echo Eating || echo Thinking)" out
    else
      # A signal before all have sat down would find no dinner to end. Nothing is printed; but philosophers that neither think nor
      # eat for any time use CPU all the time: wait until that exceeds what starting takes, even with sanitizers.
      wait_for "$mode at work" worked
    fi
    kill -INT "$pid"
    ended
    expect_code 130
    expect_no_err
    expect_out "5 philosophers, $mode, "
    [[ $state = *quiet ]] || expect_out 'Shutting down.'
  done
done

# Like a terminal: to the whole process group.
dine --mode ipc --think 0 --eat 1h
wait_for 'a meal' grep -sq Eating out
kill -INT -- "-$pid"
ended
expect_code 130
expect_no_err

# A philosopher who eats for an hour keeps both neighbors waiting, until it is killed.
dine --mode ipc -n 2 --think 0 --eat 1h
wait_for 'a meal' grep -sq Eating out
eater=$(grep -m 1 Eating out | sed 's/[^0-9]//g')
victim=$(members | sort -n | sed -n "$((eater + 2))p")  # after the coordinator, in the order of their making
kill -KILL "$victim"
wait_for 'the other to eat' grep -sq "Philosopher $((1 - eater))\] Eating" out
expect_err "philosopher $eater was killed by signal 9; its forks were returned"
kill -TERM "$pid"
ended
expect_code 130
expect_out 'lost'

# Philosophers that are stopped (SIGSTOP) or have lost their coordinator end, too.
dine --mode ipc --think 1h
wait_for 'thinking' grep -sq 'Philosopher 4' out
kill -STOP "$(members | tail -n 1)"
kill -INT "$pid"
ended
expect_code 130
dine --mode ipc --think 1h
wait_for 'thinking' grep -sq 'Philosopher 4' out
kill -KILL "$pid"
ended

# On a terminal the picture disappears and the cursor comes back, also when interrupted.
mkfifo pids
code=0
command -v script >/dev/null || exit 0
script -qec "sh -c 'echo \$\$ >pids; exec \"$ECE465\" dine --live'" screen </dev/null >/dev/null 2>&1 &
watcher=$!
read -r pid <pids
wait_for 'a picture' grep -sqF '5 philosophers: ' screen
kill -TERM "$pid"
wait $watcher || code=$?
[ $code = 130 ] || fail "exit code $code"
grep -qF "$(printf '\033')[?25h" screen || fail 'the cursor is gone'
grep -qF "$(printf '\033')[?1049l" screen || fail 'the screen is not restored'

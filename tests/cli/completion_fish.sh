# The completion script works in fish.
. "$(dirname "$0")/lib.sh"
command -v fish >/dev/null || skip 'fish is not installed'
run completion fish
expect_code 0
export HOME=$folder
fish --no-execute out || fail 'syntax'
fish -c 'source out; complete -C "ece465 eq"' | grep -q '^equalize' || fail 'commands'
fish -c 'source out; complete -C "ece465 equalize --channels "' | cut -f1 | sort | tr '\n' ' ' | grep -q '^each gray luma $' ||
  fail 'choices'

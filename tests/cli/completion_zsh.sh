# The completion script works in zsh.
. "$(dirname "$0")/lib.sh"
command -v zsh >/dev/null || skip 'zsh is not installed'
run completion zsh
expect_code 0
zsh -n out || fail 'syntax'
zsh -fc 'autoload -U compinit; compinit -D -u; source ./out; [[ $_comps[ece465] == _ece465 ]]' || fail 'not registered'

#compdef talosctl
# Completion of talosctl for zsh: as _talosctl in a folder of $fpath, or source <(talosctl completion zsh)

_talosctl() {
    local line value about answer directive
    local -a asked proposals

    # Words up to the cursor, without their quotes.
    asked=("${(@Q)words[2,CURRENT]}")
    ((CURRENT < 2)) && asked=("")
    answer=$("${(Q)words[1]/#\~\//$HOME/}" __complete "${asked[@]}" 2>/dev/null) || return 1
    directive=${answer##*:}
    answer=${answer%:*}
    [[ $directive == <-> ]] || directive=0

    # Of a flag with its value only the value is told.
    [[ ${asked[-1]} == -*=* ]] && compset -P '*='

    for line in "${(@f)answer}"; do
        [[ -n $line ]] || continue
        value=${line%%$'\t'*}
        value=${value//:/\\:}
        about=
        [[ $line == *$'\t'* ]] && about=${line#*$'\t'}
        proposals+=("$value${about:+:$about}")
    done

    if ((directive & 16)); then
        _files -/
    elif ((${#proposals})); then
        if ((directive & 2)); then
            _describe -V 'talosctl' proposals -S ''
        else
            _describe -V 'talosctl' proposals
        fi
    elif ((directive & 4)); then
        return 1
    else
        _files
    fi
}

if [[ ${funcstack[1]} == _talosctl ]]; then
    _talosctl "$@"
else
    compdef _talosctl talosctl
fi

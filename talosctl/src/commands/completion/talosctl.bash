# Completion of talosctl for bash: source <(talosctl completion bash)

# The words up to the cursor, without quotes: bash itself would cut them at = and : too.
__talosctl_words() {
    local text=${COMP_LINE:0:COMP_POINT} word= open=0 quote= i letter
    __talosctl_line=()
    for ((i = 0; i < ${#text}; i++)); do
        letter=${text:i:1}
        if [[ -n $quote ]]; then
            if [[ $letter == "$quote" ]]; then
                quote=
            else
                word+=$letter
            fi
        elif [[ $letter == [\"\'] ]]; then
            quote=$letter open=1
        elif [[ $letter == \\ ]]; then
            ((i++))
            word+=${text:i:1} open=1
        elif [[ $letter == [[:space:]] ]]; then
            ((open)) && __talosctl_line+=("$word")
            word= open=0
        else
            word+=$letter open=1
        fi
    done
    __talosctl_line+=("$word")
}

_talosctl() {
    local __talosctl_line program word answer directive line value about shown widest=0 cut i
    local -a values=() abouts=()
    COMPREPLY=()
    __talosctl_words
    for i in "${!__talosctl_line[@]}"; do
        __talosctl_line[i]=${__talosctl_line[i]/#\~\//$HOME/}
    done
    program=${__talosctl_line[0]}
    type -P "$program" >/dev/null || program=talosctl
    word=${__talosctl_line[${#__talosctl_line[@]} - 1]}

    answer=$("$program" __complete "${__talosctl_line[@]:1}" 2>/dev/null) || return
    directive=${answer##*:}
    answer=${answer%:*}
    [[ $directive =~ ^[0-9]+$ ]] || directive=0

    # Of a flag with its value only the value is told; bash replaces what stands behind its last sign that cuts words.
    local before=
    [[ $word == -*=* ]] && before=${word%%=*}=
    cut=
    [[ $word == *"$2" ]] && cut=${word%"$2"}
    while IFS= read -r line; do
        [[ -n $line ]] || continue
        value=$before${line%%$'\t'*}
        about=
        [[ $line == *$'\t'* ]] && about=${line#*$'\t'}
        values+=("${value#"$cut"}")
        abouts+=("$about")
        ((${#value} > widest)) && widest=${#value}
    done <<<"$answer"

    if ((directive & 2)); then
        compopt -o nospace 2>/dev/null
    fi
    if ((directive & 16)); then
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$2")
        return
    fi
    if ((${#values[@]} == 0)); then
        if ((directive & 4)); then
            compopt +o default 2>/dev/null
        else
            compopt -o filenames 2>/dev/null
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2")
        fi
        return
    fi
    compopt +o default 2>/dev/null
    for i in "${!values[@]}"; do
        shown=${values[i]}
        # What proposals are is shown where they are listed, not where one of them is put into the line.
        if [[ $COMP_TYPE == @(33|63|64) && ${#values[@]} -gt 1 && -n ${abouts[i]} ]]; then
            printf -v shown '%-*s  (%s)' "$widest" "$shown" "${abouts[i]}"
        fi
        COMPREPLY+=("$shown")
    done
}

complete -o default -F _talosctl talosctl

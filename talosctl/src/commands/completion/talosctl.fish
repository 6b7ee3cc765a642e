# Completion of talosctl for fish: talosctl completion fish > ~/.config/fish/completions/talosctl.fish

function __talosctl_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (command $words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    or return
    set -l directive (string replace -r '^:' '' -- $answer[-1])
    set -e answer[-1]

    # Of a flag with its value only the value is told.
    set -l before ''
    if string match -qr -- '^-.*=' "$current"
        set before (string match -r -- '^-[^=]*=' "$current")
    end
    for line in $answer
        echo $before$line
    end

    if test (math "bitand($directive, 16)") -ne 0
        __fish_complete_directories "$current"
    else if test (count $answer) -eq 0; and test (math "bitand($directive, 4)") -eq 0
        __fish_complete_path "$current"
    end
end

complete -c talosctl -e
complete -c talosctl -f -a '(__talosctl_complete)'

# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_fuelops_global_optspecs
    string join \n config= format= o/output= color= q/quiet v/verbose no-progress h/help V/version
end

function __fish_fuelops_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_fuelops_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_fuelops_using_subcommand
    set -l cmd (__fish_fuelops_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c fuelops -n "__fish_fuelops_needs_command" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_needs_command" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'"
complete -c fuelops -n "__fish_fuelops_needs_command" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_needs_command" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_needs_command" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_needs_command" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_needs_command" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_needs_command" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "health" -d 'Measure everything once, name what is wrong and what to type next'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "analyze-logs" -d 'Read logs of any format once: what went wrong, since when, where, what changed, what to do'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "logs" -d 'Show the raw log lines of all services, merged in time order'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "clean" -d 'Free what may go, keep what must not'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "demo" -d 'Break a sample backend in several ways and find out each time'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "config" -d 'Check and explain the config; print its schema, and aliases to paste'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "man" -d 'Print the manual page'
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -s t -l target -d 'Only this service or check; `system` is the machine itself (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -s w -l watch -d 'Measure again and again, at this distance' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -l fail-on -d 'From which verdict on the exit code is not 0' -r -f -a "degraded\t'Anything but healthy'
critical\t'Critical or unknown'
never\t'Nothing: the report is the result'"
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l since -d 'Leave out what was written before: 2h, yesterday, "today 14:30", 2024-01-31T10:00' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l until -d 'Leave out what was written after' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l top -d 'Rows of each table; JSON always holds everything' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l assignments -d 'Write which pattern each line went to, as CSV: one row for each line of input' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l threads -d 'Threads [default: one for each processor]; the result does not depend on it' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l check -d 'End with the verdict\'s exit code'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l save -d 'Save the report, and compare with the one before, although paths are given'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l no-save -d 'Save nothing'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -s n -l lines -d 'The last N lines, or all [default: 100; all with --since]' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -l since -d 'From then on: 2h, yesterday, "today 14:30", 2024-01-31T10:00' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -l until -d 'Up to then' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -s l -l level -d 'Only records of this level or worse, whatever they claim to be' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -s f -l follow -d 'Go on with what is written from now on'
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -l dry-run -d 'Show the plan and do nothing'
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -s y -l yes -d 'Do it without asking'
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -l always -d 'Follow the rules even where the disk is not as full as the config wants it to be'
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -l keep -d 'Keep the temporary folder, with config and logs, for a look of your own'
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from check show schema aliases" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from check show schema aliases" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from check show schema aliases" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from check show schema aliases" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from check show schema aliases" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from check show schema aliases" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from check show schema aliases" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from check show schema aliases" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from check show schema aliases" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from check show schema aliases" -f -a "check" -d 'Read the config through: name every mistake with line, key and cure'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from check show schema aliases" -f -a "show" -d 'Show every value in force, and where it comes from; secrets are masked'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from check show schema aliases" -f -a "schema" -d 'Print the JSON Schema of fuelops.toml, for editors'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from check show schema aliases" -f -a "aliases" -d 'Print shell aliases and cron lines to paste'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from check" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from check" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from check" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from show" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from show" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from schema" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from schema" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from schema" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from schema" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from schema" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from schema" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from schema" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from schema" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from aliases" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from aliases" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from aliases" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from aliases" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from aliases" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from aliases" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from aliases" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from aliases" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from aliases" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand completions" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand completions" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand completions" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand completions" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand completions" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand completions" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand completions" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand completions" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -s V -l version -d 'Print version'

# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_fuelops_global_optspecs
    string join \n config= format= o/output= color= q/quiet v/verbose no-progress send= h/help V/version
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
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_needs_command" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_needs_command" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_needs_command" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_needs_command" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_needs_command" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_needs_command" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_needs_command" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "health" -d 'Measure everything once, name what is wrong and what to type next'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "analyze-logs" -d 'Read logs of any format once: what went wrong, since when, where, what changed, what to do'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "recover" -d 'Bring the services back: plan, preserve, stop, free, start, verify, report'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "start" -d 'Start services, and what they need, and wait until they answer'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "stop" -d 'Stop services exactly, with everything that they have started'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "restart" -d 'Stop services and start them again'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "monitor" -d 'Watch around the clock: start what is down, restart what a restart can help, never give up'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "logs" -d 'Show the raw log lines of all services, merged in time order'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "clean" -d 'Free what may go, keep what must not'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "track-errors" -d 'Keep every error, tell what is new, and report it'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "backup" -d 'Back up databases and logs, prove the backups, bring them back'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "alert" -d 'See whom alerts reach, and what they wait for'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "run" -d 'Run one program with its output captured, rotated and split, and its crash recorded'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "demo" -d 'Break a sample backend in several ways, find out each time, and bring it back'
complete -c fuelops -n "__fish_fuelops_needs_command" -f -a "config" -d 'Make, check and explain the config; print its schema, and aliases to paste'
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
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand health" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l since -d 'From then on: 2h, yesterday, "today 14:30", 2024-01-31T10:00' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l until -d 'Up to then' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l tz -d 'Zone of these two, of times in logs that have no offset, and of times that are told: America/Bogota, +02:00, utc, local, or guess, which compares with the file\'s time [default: timezone in [logs] of the config]' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l top -d 'Rows of each table; JSON always holds everything' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l assignments -d 'Write which pattern each line went to, as CSV: one row for each line of input' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l state -d 'Read only what was written since the run before with this FILE; rotated logs are known again, and the report is saved only with --save' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l emit-state -d 'Keep what was counted in FILE, to be merged with that of other hosts or days' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l merge -d 'Read no logs, but what --emit-state kept of them: the report is the one that a single run over all of them gives' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l loki -d 'Read what a Grafana Loki holds, such as http://loki:3100, of the last hour or from --since to --until; a login or a token stands in [logs.loki] of the config' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l query -d 'LogQL that selects the lines: \'{app="api"}\', \'{namespace="shop"} |= "order"\'' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l threads -d 'Threads [default: one for each processor]; the result does not depend on it' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -s f -l follow -d 'After the report, tell what changes, a line each: something new, spiking or back, starts, crashes, the verdict of the last hour'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l check -d 'End with the verdict\'s exit code'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l save -d 'Save the report, and compare with the one before, although paths are given'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l no-save -d 'Save nothing'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand analyze-logs" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -s t -l target -d 'Only this service (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -l skip -d 'Leave a step out (repeatable)' -r -f -a "snapshot\t'Gather no evidence'
preserve\t'Leave the logs where they are'
free\t'Make no room on the disk'
verify\t'Do not look whether the services answer'
archive\t'Neither hash nor compress what was kept'"
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -l budget -d 'Time for all of it' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -s y -l yes -d 'Do it without asking'
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -l dry-run -d 'Show the plan and do nothing'
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -l full -d 'Stop, preserve and start every process service, whatever is wrong'
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -l preventive -d 'Restart healthy services, too; what is broken for another\'s sake is left'
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -l drill -d 'Everything up to the first signal, timed; nothing is stopped'
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -l force -d 'Restart even where a restart cannot be expected to help, or did not hold before'
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -l evict -d 'Stop strangers that hold a service\'s port'
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -l guard -d 'Finish the work of a recovery that was killed'
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand recover" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand start" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand start" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand start" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand start" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand start" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand start" -s a -l all -d 'Every service of the config'
complete -c fuelops -n "__fish_fuelops_using_subcommand start" -l dry-run -d 'Show what would be done and do nothing'
complete -c fuelops -n "__fish_fuelops_using_subcommand start" -l no-deps -d 'Neither start nor wait for what a service needs'
complete -c fuelops -n "__fish_fuelops_using_subcommand start" -l no-wait -d 'Do not wait until it answers'
complete -c fuelops -n "__fish_fuelops_using_subcommand start" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand start" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand start" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand start" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand stop" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand stop" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand stop" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand stop" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand stop" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand stop" -s a -l all -d 'Every service of the config'
complete -c fuelops -n "__fish_fuelops_using_subcommand stop" -l dry-run -d 'Show what would be done and do nothing'
complete -c fuelops -n "__fish_fuelops_using_subcommand stop" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand stop" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand stop" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand stop" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand restart" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand restart" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand restart" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand restart" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand restart" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand restart" -s a -l all -d 'Every service of the config'
complete -c fuelops -n "__fish_fuelops_using_subcommand restart" -l dry-run -d 'Show what would be done and do nothing'
complete -c fuelops -n "__fish_fuelops_using_subcommand restart" -l no-deps -d 'Neither start nor wait for what a service needs'
complete -c fuelops -n "__fish_fuelops_using_subcommand restart" -l no-wait -d 'Do not wait until it answers'
complete -c fuelops -n "__fish_fuelops_using_subcommand restart" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand restart" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand restart" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand restart" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand restart" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -l once -d 'End when everything has settled'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -l dry-run -d 'Decide, and do nothing: until everything has settled'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -f -a "status" -d 'How it stands with every target'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -f -a "why" -d 'What was decided about a target, and on what evidence'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -f -a "pause" -d 'Do nothing about a target, or about all, for now'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -f -a "resume" -d 'Go on after a pause'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -f -a "ack" -d 'Say that the incident is known: no more reminders'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -f -a "silence" -d 'Tell nobody of a target, or of any, for a while; what is found is mended all the same'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and not __fish_seen_subcommand_from status why pause resume ack silence replay" -f -a "replay" -d 'What is decided on a recording, such as .fuelops/monitor.events.jsonl'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from status" -s w -l watch -d 'Show it again and again, at this distance' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from status" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from status" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from status" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from status" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from status" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from status" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from why" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from why" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from why" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from why" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from why" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from why" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from why" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from why" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from why" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from pause" -l for -d 'Until so long from now [default: until it is resumed]' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from pause" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from pause" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from pause" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from pause" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from pause" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from pause" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from pause" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from pause" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from pause" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from resume" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from resume" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from resume" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from resume" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from resume" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from resume" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from resume" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from resume" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from resume" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from ack" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from ack" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from ack" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from ack" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from ack" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from ack" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from ack" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from ack" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from ack" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from ack" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from silence" -l for -d 'For so long from now' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from silence" -l reason -d 'Why, for whoever asks' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from silence" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from silence" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from silence" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from silence" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from silence" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from silence" -l end -d 'End it before its time'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from silence" -l list -d 'Show what is silent, and until when'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from silence" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from silence" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from silence" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from silence" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from silence" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from replay" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from replay" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from replay" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from replay" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from replay" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from replay" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from replay" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from replay" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand monitor; and __fish_seen_subcommand_from replay" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -s n -l lines -d 'The last N lines with the whole of the oldest record, or all [default: 100; all with --since]' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -l since -d 'From then on: 2h, yesterday, "today 14:30", 2024-01-31T10:00' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -l until -d 'Up to then' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -l tz -d 'Zone of these two, of times in logs that have no offset, and of times that are told: America/Bogota, +02:00, utc, local, or guess, which compares with the file\'s time [default: timezone in [logs] of the config]' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -s l -l level -d 'Only records of this level or worse, whatever they claim to be' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand logs" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
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
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -l dry-run -d 'Show the plan and do nothing'
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -s y -l yes -d 'Do it without asking'
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -l always -d 'Follow the rules even where the disk is not as full as the config wants it to be'
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand clean" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -l since -d 'From then on: 2h, yesterday, "today 14:30", 2024-01-31T10:00' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -l until -d 'Up to then' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -l tz -d 'Zone of these two, of times in logs that have no offset, and of times that are told: America/Bogota, +02:00, utc, local, or guess, which compares with the file\'s time [default: timezone in [logs] of the config]' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -l top -d 'Rows of each table; JSON always holds everything' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -l check -d 'End with the verdict\'s exit code'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "report" -d 'Print the diagnostic report of the last 24 hours, or of --since; what a bare `track-errors` does'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "record" -d 'Record an error: one that is described, or a command that fails'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "list" -d 'List issues'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "show" -d 'Show one issue: frames, tags, request, breadcrumbs, trend, history'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "resolve" -d 'Say that issues are gone; one that comes back is regressed'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "ignore" -d 'Stop reporting issues, for good or for a while'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "reopen" -d 'Take a resolve or an ignore back'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "merge" -d 'Make issues parts of the first one'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "unmerge" -d 'Make merged issues issues of their own again'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "gate" -d 'Tell CI whether a deploy brought something new: exit code 2 if so'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "why" -d 'Explain what an event was grouped by'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "prune" -d 'Remove what the config\'s limits do not allow'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "import" -d 'Take in the file of the old error_tracker module; a second time changes nothing'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "export" -d 'Write what is kept in the shape of the old error_tracker module'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "ingest-logs" -d 'Take in tracebacks, error records and crash blocks of logs; again and again, without counting anything twice'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "serve" -d 'Take in what Sentry\'s SDKs send, until a signal comes'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "dsn" -d 'Print the DSN to give to an SDK'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and not __fish_seen_subcommand_from report record list show resolve ignore reopen merge unmerge gate why prune import export ingest-logs serve dsn shim" -f -a "shim" -d 'Print error_tracker.py: the old module\'s interface, for programs without an SDK'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from report" -l since -d 'From then on: 2h, yesterday, "today 14:30", 2024-01-31T10:00' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from report" -l until -d 'Up to then' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from report" -l tz -d 'Zone of these two, of times in logs that have no offset, and of times that are told: America/Bogota, +02:00, utc, local, or guess, which compares with the file\'s time [default: timezone in [logs] of the config]' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from report" -l top -d 'Rows of each table; JSON always holds everything' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from report" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from report" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from report" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from report" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from report" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from report" -l check -d 'End with the verdict\'s exit code'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from report" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from report" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from report" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from report" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l type -d 'What kind of error it is' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l message -d 'What it says' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l endpoint -d 'Where the request went' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l context -d 'What was being done' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l data -d 'What the request or the caller held' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l traceback -d 'A file with a traceback; `-` is standard input' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l level -d 'debug, info, warning, error or critical' -r -f -a "debug\t''
info\t''
warning\t''
error\t''
critical\t''"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l release -d 'Version of what failed' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l environment -d 'production, staging, …' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l tag -d 'A tag (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l fingerprint -d 'Group by this instead of by the content (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from record" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -l state -d 'Only issues in this state (repeatable)' -r -f -a "new\t''
ongoing\t''
escalating\t''
regressed\t''
resolved\t''
ignored\t''
open\t'All but resolved and ignored'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -l since -d 'From then on: 2h, yesterday, "today 14:30", 2024-01-31T10:00' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -l until -d 'Up to then' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -l tz -d 'Zone of these two, of times in logs that have no offset, and of times that are told: America/Bogota, +02:00, utc, local, or guess, which compares with the file\'s time [default: timezone in [logs] of the config]' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -l endpoint -d 'Only issues seen at this endpoint' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -l type -d 'Only this type' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -l sort -d 'Order' -r -f -a "last-seen\t'The last seen'
first-seen\t'The first seen last'
count\t'The most frequent'
state\t'The most pressing state'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -l top -d 'Rows of the table; JSON always holds everything' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from show" -l top -d 'Rows of each table; JSON always holds everything' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from show" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from show" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from show" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from show" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from show" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from show" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from resolve" -l in -d 'Only releases after this one bring it back' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from resolve" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from resolve" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from resolve" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from resolve" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from resolve" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from resolve" -l in-next-release -d 'Only releases after the latest one seen bring it back'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from resolve" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from resolve" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from resolve" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from resolve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from resolve" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ignore" -l until -d 'Until then: 2026-12-31, "monday 09:00"' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ignore" -l for -d 'For so long: 7d' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ignore" -l count -d 'Until it has happened so often more' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ignore" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ignore" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ignore" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ignore" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ignore" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ignore" -l until-escalating -d 'Until it happens far more often than usual'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ignore" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ignore" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ignore" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ignore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ignore" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from reopen" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from reopen" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from reopen" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from reopen" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from reopen" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from reopen" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from reopen" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from reopen" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from reopen" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from reopen" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from merge" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from merge" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from merge" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from merge" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from merge" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from merge" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from merge" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from merge" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from merge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from merge" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from unmerge" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from unmerge" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from unmerge" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from unmerge" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from unmerge" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from unmerge" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from unmerge" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from unmerge" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from unmerge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from unmerge" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from gate" -l since-release -d 'Since this release was first seen' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from gate" -l since -d 'Since then: 1h, "today 14:30"' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from gate" -l tz -d 'Zone of --since and of times that are told: America/Bogota, +02:00, utc, local' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from gate" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from gate" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from gate" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from gate" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from gate" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from gate" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from gate" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from gate" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from gate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from gate" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from why" -l event -d 'An event\'s JSON; `-` is standard input' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from why" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from why" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from why" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from why" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from why" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from why" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from why" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from why" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from why" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from prune" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from prune" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from prune" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from prune" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from prune" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from prune" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from prune" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from import" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from import" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from import" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from import" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from import" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from import" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from import" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from export" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from export" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from export" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from export" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from export" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from export" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from export" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ingest-logs" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ingest-logs" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ingest-logs" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ingest-logs" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ingest-logs" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ingest-logs" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ingest-logs" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ingest-logs" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ingest-logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from ingest-logs" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from serve" -l listen -d 'Address and port [default: [serve] listen of the config]' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from serve" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from serve" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from serve" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from serve" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from serve" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from serve" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from serve" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from serve" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from serve" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from dsn" -l listen -d 'Address and port [default: [serve] listen of the config]' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from dsn" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from dsn" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from dsn" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from dsn" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from dsn" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from dsn" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from dsn" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from dsn" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from dsn" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from dsn" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from shim" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from shim" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from shim" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from shim" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from shim" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from shim" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from shim" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from shim" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from shim" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand track-errors; and __fish_seen_subcommand_from shim" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and not __fish_seen_subcommand_from create list verify restore prune" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and not __fish_seen_subcommand_from create list verify restore prune" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and not __fish_seen_subcommand_from create list verify restore prune" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and not __fish_seen_subcommand_from create list verify restore prune" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and not __fish_seen_subcommand_from create list verify restore prune" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and not __fish_seen_subcommand_from create list verify restore prune" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and not __fish_seen_subcommand_from create list verify restore prune" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and not __fish_seen_subcommand_from create list verify restore prune" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and not __fish_seen_subcommand_from create list verify restore prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and not __fish_seen_subcommand_from create list verify restore prune" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and not __fish_seen_subcommand_from create list verify restore prune" -f -a "create" -d 'Back up every configured database and the files of include, then remove what is too old'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and not __fish_seen_subcommand_from create list verify restore prune" -f -a "list" -d 'List the backups, newest first'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and not __fish_seen_subcommand_from create list verify restore prune" -f -a "verify" -d 'Read backups to their end: hash, decoding, trailer; with --deep restore them for a moment and compare'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and not __fish_seen_subcommand_from create list verify restore prune" -f -a "restore" -d 'Bring a backup back: what it replaces is backed up first'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and not __fish_seen_subcommand_from create list verify restore prune" -f -a "prune" -d 'Remove what is older than max_age and not among the newest keep_last; the last good one always stays'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from create" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from create" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from create" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from create" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from create" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from create" -l accept-smaller -d 'Take what is suddenly much smaller for what it is meant to be: it replaces the ones before it'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from create" -l no-prune -d 'Remove nothing that is too old afterwards'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from create" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from create" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from list" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from list" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from list" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from list" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from list" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from list" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from verify" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from verify" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from verify" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from verify" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from verify" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from verify" -l deep -d 'Restore each into a database of its own for a moment, and compare tables, rows and checksums'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from verify" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from restore" -l into -d 'Into a new database, a new file (SQLite) or an empty folder (logs) instead of where it came from' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from restore" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from restore" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from restore" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from restore" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from restore" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from restore" -s y -l yes -d 'Do it without asking'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from restore" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from restore" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from restore" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from restore" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from prune" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from prune" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from prune" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from prune" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from prune" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from prune" -l dry-run -d 'Show what may go and remove nothing'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from prune" -s y -l yes -d 'Remove it without asking'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from prune" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand backup; and __fish_seen_subcommand_from prune" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and not __fish_seen_subcommand_from test list" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and not __fish_seen_subcommand_from test list" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and not __fish_seen_subcommand_from test list" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and not __fish_seen_subcommand_from test list" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and not __fish_seen_subcommand_from test list" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and not __fish_seen_subcommand_from test list" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and not __fish_seen_subcommand_from test list" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and not __fish_seen_subcommand_from test list" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and not __fish_seen_subcommand_from test list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and not __fish_seen_subcommand_from test list" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and not __fish_seen_subcommand_from test list" -f -a "test" -d 'Send a test to every alert, or to those that are named, and tell what was answered'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and not __fish_seen_subcommand_from test list" -f -a "list" -d 'List alerts with what was sent, what waits in the outbox, and why'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from test" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from test" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from test" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from test" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from test" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from test" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from test" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from test" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from test" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from list" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from list" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from list" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from list" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from list" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from list" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand alert; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand run" -l name -d 'What its log files are called [default: the service with this command, else the program or script]' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand run" -l log-file -d 'Where everything goes [default: the service\'s log_file, else logs/NAME.log]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand run" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand run" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand run" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand run" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand run" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand run" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand run" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand run" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand run" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -l keep -d 'Keep the temporary folder, with config and logs, for a look of your own'
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand demo" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from init check show schema aliases" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from init check show schema aliases" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from init check show schema aliases" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from init check show schema aliases" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from init check show schema aliases" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from init check show schema aliases" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from init check show schema aliases" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from init check show schema aliases" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from init check show schema aliases" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from init check show schema aliases" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from init check show schema aliases" -f -a "init" -d 'Look at what runs here and write a commented fuelops.toml that fits; one that is there stays as it is'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from init check show schema aliases" -f -a "check" -d 'Read the config through: name every mistake with line, key and cure'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from init check show schema aliases" -f -a "show" -d 'Show every value in force, and where it comes from; secrets are masked'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from init check show schema aliases" -f -a "schema" -d 'Print the JSON Schema of fuelops.toml, for editors'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and not __fish_seen_subcommand_from init check show schema aliases" -f -a "aliases" -d 'Print shell aliases and cron lines to paste'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from init" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from init" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from init" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from init" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from init" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from init" -l print -d 'Print the config instead of writing it'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from init" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from init" -s V -l version -d 'Print version'
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Config file [default: fuelops.toml here or in a parent folder, ~/.config/fuelops/, /etc/fuelops/]' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from check" -l format -d 'How to print the result' -r -f -a "table\t'For people, fitted to the terminal'
json\t'For scripts: one document with a schema'
markdown\t'For chats and tickets'
html\t'One self-contained page'
nagios\t'A Nagios plugin\'s line with perfdata (health only)'
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from check" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from check" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
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
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from show" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
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
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from schema" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from schema" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from schema" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
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
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from aliases" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from aliases" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand config; and __fish_seen_subcommand_from aliases" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
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
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand completions" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand completions" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand completions" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
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
prometheus\t'Prometheus text, for node_exporter\'s textfile collector (health only)'
error-tracking\t'The old error_tracker module\'s file (track-errors export only)'"
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -s o -l output -d 'Write the result to a file, whole or not at all, instead of stdout' -r -F
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -l color -d 'Colour the output' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Even into a pipe'
never\t'Nowhere'"
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -l send -d 'Hand the report to this [[alert]] of the config, too: email, slack, webhook, command or file (repeatable)' -r
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -s q -l quiet -d 'Print only what needs attention; nothing at all where all is well'
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -s v -l verbose -d 'Tell on stderr what is being done; twice for more'
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -l no-progress -d 'Show no progress on the terminal'
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fuelops -n "__fish_fuelops_using_subcommand man" -s V -l version -d 'Print version'

function __lynx_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __lynx_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __lynx_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __lynx_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __lynx_parse_tokens -S
    set -l unparsed_tokens (__lynx_tokens -pc)
    switch $unparsed_tokens[1]
    case 'lynx'
        __lynx_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'serve'
            __lynx_parse_subcommand 0 'database-url=' 'redirect-host=' 'redirect-port=' 'unix-socket=' 'api-host=' 'api-port=' 'auth=' 'allow-open-api' 'no-allow-open-api' 'threads=' 'redirect-status=' 'redirect-max-age=' 'redirect-base-url=' 'forward-query' 'no-forward-query' 'timing-headers' 'no-timing-headers' 'cache-max-entries=' 'journal-dir=' 'click-flush-interval=' 'database-connections=' 'short-code-max-length=' 'take-over' 'no-announce' 'config=' 'q/quiet' 'v/verbose' 'color=' 'version' 'h/help'
        case 'bench'
            __lynx_parse_subcommand 1 't/threads=' 'c/connections=' 'd/duration=' 'n=' 'R/rate=' 'warmup=' 'timeout=' 'pipeline=' 'no-keep-alive' 'unix-socket=' 'cacert=' 'insecure' 'm/method=' 'H/header=+' 'body=' 'requests=' 'expect=' 'scenario=' 'spawn' 'database-url=' 'redirect-url=' 'p/pid=+' 'runs=' 'against=' 'save=' 'compare=' 'threshold=+' 'profile=' 'F/freq=' 'latency' 'json=?' 'q/quiet' 'v/verbose' 'color=' 'version' 'h/help'
        case 'profile'
            __lynx_parse_subcommand -r 1 'p/pid=+' 'tid=+' 'scenario=' 'database-url=' 'F/freq=' 'd/duration=' 'delay=' 'kernel=' 'call-graph=' 'stack-size=' 'no-inline' 'no-demangle' 'o/output=+' 'artifact=' 'no-artifact' 'history=' 'json=?' 'title=' 'subtitle=' 'width=' 'inverted' 'reverse' 'min-width=' 'palette=' 'search=' 'q/quiet' 'v/verbose' 'color=' 'version' 'h/help'
        case 'render'
            __lynx_parse_subcommand -r 1 'o/output=+' 'format=' 'top=' 'json=?' 'diff=' 'normalize' 'negate' 'title=' 'subtitle=' 'width=' 'inverted' 'reverse' 'min-width=' 'palette=' 'search=' 'q/quiet' 'v/verbose' 'color=' 'version' 'h/help'
        case 'migrate'
            __lynx_parse_subcommand -r 1 'database-url=' 'dir=' 'to=' 'steps=' 'dry-run' 'lock-timeout=' 'wait=' 'out-of-order' 'yes' 'json=?' 'q/quiet' 'v/verbose' 'color=' 'version' 'h/help'
        case 'doctor'
            __lynx_parse_subcommand 0 'for=' 'p/pid=' 'binary=' 'database-url=' 'strict' 'fix' 'list' 'json=?' 'q/quiet' 'v/verbose' 'color=' 'version' 'h/help'
        case 'help'
            __lynx_parse_subcommand -r 1 'version'
        end
    end
end

function __lynx_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __lynx_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __lynx_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __lynx_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__lynx_tokens -p)
    if test -z "$(__lynx_tokens -t)"
        set -l index (count (__lynx_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'lynx' -f
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx" version' -l 'version' -d 'Show the version.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_positional "lynx" -eq 1' -fa 'serve' -d 'Shorten URLs: redirects on one port, an API on another.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_positional "lynx" -eq 1' -fa 'bench' -d 'Load an HTTP server and say how fast it answers.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_positional "lynx" -eq 1' -fa 'profile' -d 'Record where the CPU goes and draw a flame graph of it.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_positional "lynx" -eq 1' -fa 'render' -d 'Turn profiles into flame graphs, tables and other formats.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_positional "lynx" -eq 1' -fa 'migrate' -d 'Keep the schema of a database: Lynx\'s own, or any project\'s with --dir.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_positional "lynx" -eq 1' -fa 'doctor' -d 'See what stands in the way of profiling, serving and measuring, and what mends it.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_positional "lynx" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" database-url' -l 'database-url' -d 'Where links are kept: sqlite://FILE or postgresql://… (sqlite://./lynx.db).' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" redirect-host' -l 'redirect-host' -d 'Addresses of redirects, with commas (127.0.0.1).' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" redirect-port' -l 'redirect-port' -d 'Port of redirects; 0 is any free one (3000).' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" unix-socket' -l 'unix-socket' -d 'Serve redirects on this unix socket as well.' -rF
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" api-host' -l 'api-host' -d 'Addresses of the API, with commas (127.0.0.1).' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" api-port' -l 'api-port' -d 'Port of the API; 0 is any free one (8080).' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" auth' -l 'auth' -d 'Who may use the API: none (everybody) or api-key.' -rfka 'none api-key'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" allow-open-api' -l 'allow-open-api' -d 'Whether everybody may use the API, from other machines too, without a key.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" no-allow-open-api' -l 'no-allow-open-api' -d 'Whether everybody may use the API, from other machines too, without a key.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" threads' -l 'threads' -d 'Threads for redirects (one a CPU, at most 64).' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" redirect-status' -l 'redirect-status' -d 'Status of redirects: 301, 302, 303, 307 or 308 (308).' -rfka '301 302 303 307 308'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" redirect-max-age' -l 'redirect-max-age' -d 'How long browsers may redirect by themselves (90s).' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" redirect-base-url' -l 'redirect-base-url' -d 'What short codes are put behind (http://HOST:PORT of redirects).' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" forward-query' -l 'forward-query' -d 'Whether the request\'s query is added to the destination.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" no-forward-query' -l 'no-forward-query' -d 'Whether the request\'s query is added to the destination.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" timing-headers' -l 'timing-headers' -d 'Whether header fields say how long a redirect took.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" no-timing-headers' -l 'no-timing-headers' -d 'Whether header fields say how long a redirect took.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" cache-max-entries' -l 'cache-max-entries' -d 'Links in the cache (500000).' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" journal-dir' -l 'journal-dir' -d 'Where clicks wait for the database (beside it).' -rfa '(__lynx_complete_directories)'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" click-flush-interval' -l 'click-flush-interval' -d 'How often the database is told of clicks (5s).' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" database-connections' -l 'database-connections' -d 'Connections to PostgreSQL (5).' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" short-code-max-length' -l 'short-code-max-length' -d 'Bytes of a code that somebody chooses (50).' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" take-over' -l 'take-over' -d 'Take the port of redirects over from a lynx that is to be stopped.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" no-announce' -l 'no-announce' -d 'Do not let lynx profile and lynx bench find this server by themselves.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" config' -l 'config' -d 'Settings as NAME=VALUE, a line each.' -rF
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" q quiet' -s 'q' -l 'quiet' -d 'Print errors only.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" v verbose' -s 'v' -l 'verbose' -d 'Say more about what is done.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" color' -l 'color' -d 'Colour the text.' -rfka 'auto always never'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" version' -l 'version' -d 'Show the version.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx serve" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" t threads' -s 't' -l 'threads' -d 'Threads, which share the connections. (default: 2)' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" c connections' -s 'c' -l 'connections' -d 'Connections, each with one request under way. (default: 10)' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" d duration' -s 'd' -l 'duration' -d 'How long is measured. (default: 10s)' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" n' -s 'n' -d 'So many requests, instead of a time.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" R rate' -s 'R' -l 'rate' -d 'Requests a second, on a fixed schedule whatever the answers do; latency is then counted from when a request should have started.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" warmup' -l 'warmup' -d 'Load before anything is measured. (default: 0s, 1s with several runs)' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" timeout' -l 'timeout' -d 'How long an answer, or a connection, may take. (default: 2s)' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" pipeline' -l 'pipeline' -d 'Requests under way on each connection. (default: 1)' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" no-keep-alive' -l 'no-keep-alive' -d 'A new connection for each request.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" unix-socket' -l 'unix-socket' -d 'Connect to this unix socket instead of the URL\'s host.' -rF
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" cacert' -l 'cacert' -d 'Certificates to trust, in PEM, instead of the system\'s.' -rfa '(set -l exts \'pem\' \'crt\' \'cer\';for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.{$exts};printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" insecure' -l 'insecure' -d 'Do not ask an https server to prove who it is.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" m method' -s 'm' -l 'method' -d 'Method. (default: GET, POST with a body)' -rfka 'GET HEAD POST PUT PATCH DELETE OPTIONS'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench"' -s 'H' -l 'header' -d 'A header field; may be repeated.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" body' -l 'body' -d 'The body, or @FILE.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" requests' -l 'requests' -d 'Requests to send in turn: JSON objects or .http blocks.' -rF
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" expect' -l 'expect' -d 'Statuses that are right; all others are errors. (default: 200 to 399)' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" scenario' -l 'scenario' -d 'redirect-hot, redirect-distributed, redirect-cold, create, get, list, health, mixed, or all.' -rfka '(__lynx_custom_completion ---completion bench -- --scenario (count (__lynx_tokens -pc)) (string length -- "$(commandline -ct)"))'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" spawn' -l 'spawn' -d 'Start a lynx serve on free ports for it, with a temporary SQLite database.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" database-url' -l 'database-url' -d 'Database of the server that --spawn starts.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" redirect-url' -l 'redirect-url' -d 'Where redirects are, if not where the API says that they are.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench"' -s 'p' -l 'pid' -d 'Processes of the server, whose CPU time a request is reported.' -rfka '(__lynx_custom_completion ---completion bench -- --pid (count (__lynx_tokens -pc)) (string length -- "$(commandline -ct)"))'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" runs' -l 'runs' -d 'Runs of each kind. (default: 1, 5 with --against)' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" against' -l 'against' -d 'Another server to compare with: runs take turns.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" save' -l 'save' -d 'Keep all that was measured.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'json.gz\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" compare' -l 'compare' -d 'Compare with what --save kept.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'json.gz\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench"' -l 'threshold' -d 'Exit with 99 unless it is kept: \'p99<5ms\', \'rps>10k\', \'errors<0.1%\'; may be repeated.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" profile' -l 'profile' -d 'Record the server (--pid or --spawn) meanwhile and draw it: .svg .folded .txt .pb.gz.' -rfa '(set -l exts \'svg\' \'folded\' \'txt\' \'pb.gz\';for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.{$exts};printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" F freq' -s 'F' -l 'freq' -d 'Samples a second with --profile. (default: 99)' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" latency' -l 'latency' -d 'Print all percentiles, as wrk2 does.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" json' -l 'json' -d 'Report as JSON, to FILE.json or else standard output.' -fa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'json\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" q quiet' -s 'q' -l 'quiet' -d 'Print errors only.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" v verbose' -s 'v' -l 'verbose' -d 'Say more about what is done.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" color' -l 'color' -d 'Colour the text.' -rfka 'auto always never'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" version' -l 'version' -d 'Show the version.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx bench" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile"' -s 'p' -l 'pid' -d 'Running processes: all their threads, and what they start.' -rfka '(__lynx_custom_completion ---completion profile -- --pid (count (__lynx_tokens -pc)) (string length -- "$(commandline -ct)"))'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile"' -l 'tid' -d 'Single threads.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" scenario' -l 'scenario' -d 'A lynx serve, started and loaded for the purpose: redirect-hot, redirect-distributed, redirect-cold, create, get, list, health, mixed, or all.' -rfka '(__lynx_custom_completion ---completion profile -- --scenario (count (__lynx_tokens -pc)) (string length -- "$(commandline -ct)"))'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" database-url' -l 'database-url' -d 'Database of the server that is started for a scenario. Its links stay there. (default: a temporary SQLite file)' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" F freq' -s 'F' -l 'freq' -d 'Samples a second of CPU time. (default: 99)' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" d duration' -s 'd' -l 'duration' -d 'How long: 500ms, 30s, 1h30m, or seconds; until Ctrl-C or the end if left out.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" delay' -l 'delay' -d 'Wait so long before the first sample.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" kernel' -l 'kernel' -d 'Also what the kernel does.' -rfka 'auto yes no'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" call-graph' -l 'call-graph' -d 'How callers are found: by unwind tables, by frame pointers, or what fits.' -rfka 'auto dwarf fp'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" stack-size' -l 'stack-size' -d 'How much of the stack each sample keeps for unwind tables. (default: 16k)' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" no-inline' -l 'no-inline' -d 'Leave out functions inlined into others.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" no-demangle' -l 'no-demangle' -d 'Leave symbols as the compiler wrote them.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile"' -s 'o' -l 'output' -d 'File to write, may be repeated: .svg .folded .txt .pb.gz. (default: flamegraph.svg) With several scenarios a directory.' -rfa '(set -l exts \'svg\' \'folded\' \'txt\' \'pb.gz\';for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.{$exts};printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" artifact' -l 'artifact' -d 'The recording for lynx render and other pprof tools. (default: beside the first output, as NAME.pb.gz)' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'pb.gz\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" no-artifact' -l 'no-artifact' -d 'Do not keep the recording.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" history' -l 'history' -d 'Instead of -o: name all by time, commit and scenario in DIR, and compare with the run before.' -rfa '(__lynx_complete_directories)'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" json' -l 'json' -d 'Report as JSON, to FILE.json or else standard output.' -fa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'json\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" title' -l 'title' -d 'Title above the picture (default: Flame Graph).' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" subtitle' -l 'subtitle' -d 'Smaller line below the title.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" width' -l 'width' -d 'Width in pixels; as wide as the window if left out.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" inverted' -l 'inverted' -d 'Let the stacks hang from the top.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" reverse' -l 'reverse' -d 'Merge stacks from the leaf on, to see who calls a hot function.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" min-width' -l 'min-width' -d 'Leave out frames narrower than this.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" palette' -l 'palette' -d 'Colours of the frames (default: language).' -rfka 'language hot mem io aqua blue green red orange purple yellow gray'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" search' -l 'search' -d 'Begin with what matches REGEX marked.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" q quiet' -s 'q' -l 'quiet' -d 'Print errors only.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" v verbose' -s 'v' -l 'verbose' -d 'Say more about what is done.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" color' -l 'color' -d 'Colour the text.' -rfka 'auto always never'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" version' -l 'version' -d 'Show the version.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx profile" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_positional "lynx render" -ge 1' -fa '(set -l exts \'pb.gz\' \'pb\' \'pprof\' \'prof\' \'folded\' \'collapsed\' \'gz\' \'txt\';for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.{$exts};printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render"' -s 'o' -l 'output' -d 'File to write, may be repeated: .svg .folded .txt .pb.gz; - is standard output.' -rfa '(set -l exts \'svg\' \'folded\' \'txt\' \'pb.gz\';for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.{$exts};printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" format' -l 'format' -d 'Format of the outputs, whatever their names are.' -rfka 'svg folded txt pprof'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" top' -l 'top' -d 'Print the N hottest functions; with --diff, those that changed most.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" json' -l 'json' -d 'Report as JSON, to FILE.json or else standard output.' -fa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'json\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" diff' -l 'diff' -d 'Show what changed from BASE, a profile, to INPUT; - is standard input. Without an output the functions that changed most are printed.' -rfa '(set -l exts \'pb.gz\' \'pb\' \'pprof\' \'prof\' \'folded\' \'collapsed\' \'gz\' \'txt\';for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.{$exts};printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" normalize' -l 'normalize' -d 'Compare shares: scale BASE so that both have the same total.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" negate' -l 'negate' -d 'Show what changed from INPUT to BASE; widths stay those of INPUT.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" title' -l 'title' -d 'Title above the picture (default: Flame Graph).' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" subtitle' -l 'subtitle' -d 'Smaller line below the title.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" width' -l 'width' -d 'Width in pixels; as wide as the window if left out.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" inverted' -l 'inverted' -d 'Let the stacks hang from the top.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" reverse' -l 'reverse' -d 'Merge stacks from the leaf on, to see who calls a hot function.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" min-width' -l 'min-width' -d 'Leave out frames narrower than this.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" palette' -l 'palette' -d 'Colours of the frames (default: language).' -rfka 'language hot mem io aqua blue green red orange purple yellow gray'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" search' -l 'search' -d 'Begin with what matches REGEX marked.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" q quiet' -s 'q' -l 'quiet' -d 'Print errors only.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" v verbose' -s 'v' -l 'verbose' -d 'Say more about what is done.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" color' -l 'color' -d 'Colour the text.' -rfka 'auto always never'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" version' -l 'version' -d 'Show the version.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx render" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_positional "lynx migrate" -ge 1' -fka '(__lynx_custom_completion ---completion migrate -- positional@0 (count (__lynx_tokens -pc)) (string length -- "$(commandline -ct)"))'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx migrate" database-url' -l 'database-url' -d 'The database; else the environment\'s DATABASE_URL, else sqlite://./lynx.db.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx migrate" dir' -l 'dir' -d 'Migrations of another project than Lynx.' -rfa '(__lynx_complete_directories)'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx migrate" to' -l 'to' -d 'Up to this version, or down to it.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx migrate" steps' -l 'steps' -d 'At most so many migrations.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx migrate" dry-run' -l 'dry-run' -d 'Print what would be done instead of doing it.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx migrate" lock-timeout' -l 'lock-timeout' -d 'Wait so long for other runners and locks (10s).' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx migrate" wait' -l 'wait' -d 'Wait so long for the database to answer first.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx migrate" out-of-order' -l 'out-of-order' -d 'Apply also what is older than the newest applied.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx migrate" yes' -l 'yes' -d 'Do not ask.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx migrate" json' -l 'json' -d 'Report as JSON, to FILE.json or else standard output.' -fa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'json\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx migrate" q quiet' -s 'q' -l 'quiet' -d 'Print errors only.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx migrate" v verbose' -s 'v' -l 'verbose' -d 'Say more about what is done.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx migrate" color' -l 'color' -d 'Colour the text.' -rfka 'auto always never'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx migrate" version' -l 'version' -d 'Show the version.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx migrate" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx doctor" for' -l 'for' -d 'What it is for, as listed above.' -rfka 'profile serve bench database all'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx doctor" p pid' -s 'p' -l 'pid' -d 'The process that is to be profiled.' -rfka '(__lynx_custom_completion ---completion doctor -- --pid (count (__lynx_tokens -pc)) (string length -- "$(commandline -ct)"))'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx doctor" binary' -l 'binary' -d 'The program that is to be profiled.' -rF
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx doctor" database-url' -l 'database-url' -d 'The database; else the environment\'s DATABASE_URL, else sqlite://./lynx.db.' -rfka ''
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx doctor" strict' -l 'strict' -d 'End with 1 also if something is not as well as it could be.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx doctor" fix' -l 'fix' -d 'Run the lines that change only what is yours, and look again.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx doctor" list' -l 'list' -d 'Print what would be looked at instead of doing it.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx doctor" json' -l 'json' -d 'Report as JSON, to FILE.json or else standard output.' -fa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'json\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx doctor" q quiet' -s 'q' -l 'quiet' -d 'Print errors only.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx doctor" v verbose' -s 'v' -l 'verbose' -d 'Say more about what is done.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx doctor" color' -l 'color' -d 'Colour the text.' -rfka 'auto always never'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx doctor" version' -l 'version' -d 'Show the version.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx doctor" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'lynx' -n '__lynx_should_offer_completions_for_flags_or_options "lynx help" version' -l 'version' -d 'Show the version.'

complete -c lynx -n '__fish_seen_subcommand_from help' -fa 'serve bench profile render migrate doctor'

# The command behind lynx profile -- completes itself.
function __lynx_profiled
    set -l tokens (__lynx_tokens -pc)
    set -l terminator (contains -i -- -- $tokens)
    complete -C (string join -- ' ' $tokens[(math $terminator + 1)..] (commandline -ct))
end
complete -c lynx -n '__fish_seen_subcommand_from profile; and contains -- -- (__lynx_tokens -pc)' -fa '(__lynx_profiled)'

# Links named after commands.
for name in serve bench profile render migrate doctor
    complete -c lynx-$name -w "lynx $name"
end

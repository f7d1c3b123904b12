%% Evaluates what a test sends (one expression list per connection, length in front), inside the broker: in milliseconds, where a command line
%% tool needs seconds. Listens on the loopback alone, in test servers alone.
{ok, Listener} = gen_tcp:listen(0, [binary, {packet, 4}, {active, false}, {ip, {127, 0, 0, 1}}]),
{ok, Port} = inet:port(Listener),
Answer = fun(Socket) ->
    {ok, Bytes} = gen_tcp:recv(Socket, 0),
    Result = try
        {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(Bytes)),
        {ok, Exprs} = erl_parse:parse_exprs(Tokens),
        {value, Value, _} = erl_eval:exprs(Exprs, []),
        io_lib:format("~0p", [Value])
    catch Class:Reason -> io_lib:format("failed: ~0p", [{Class, Reason}])
    end,
    gen_tcp:send(Socket, unicode:characters_to_binary(Result))
end,
Serve = fun(Again) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Worker = spawn(fun() -> receive go -> Answer(Socket) end end),
    gen_tcp:controlling_process(Socket, Worker),
    Worker ! go,
    Again(Again)
end,
Owner = spawn(fun() -> receive go -> Serve(Serve) end end),
gen_tcp:controlling_process(Listener, Owner),
Owner ! go,
{ok, [[File]]} = init:get_argument(fm_control),
ok = file:write_file(File ++ ".new", integer_to_list(Port)),
ok = file:rename(File ++ ".new", File).

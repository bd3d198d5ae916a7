package mutants_test

// realtimeMutants are faults of sockets: the rules of channels, presence, limits.
var realtimeMutants = []mutant{
	{name: "socket-origin", find: "if u, err := url.Parse(origin); «err != nil || !strings.EqualFold(u.Host, r.Host)» { out.Header.Del(\"Cookie\")", fault: never, breaks: "a page of another host opens a socket with the cookie"},
	{name: "channel-join", find: "if «!joined && (c.private || rule != nil)»", fault: never, breaks: "a caller joins a channel that its rule excludes"},
	{name: "channel-send", find: "return refuse(\"InternalError\", \"the rule of the channel failed\") case «!allowed»", fault: never, breaks: "a caller sends to a channel that its rule excludes"},
	{name: "channel-send-http", find: "case «!allowed»: return store.ErrDenied", fault: never, breaks: "a caller sends by HTTP to a channel that its rule excludes"},
	{name: "channel-asked-again", find: "ok && «r.code == unauthorized»", fault: never, breaks: "a channel stays open after its rules exclude the caller"},
	{name: "presence-rule", find: "rule.Presence, p, scope, c.name) switch { case err != nil: return refuse(unchecked, \"the rule of the channel failed\") case «!allowed»", fault: never, breaks: "a caller is present where its rule excludes it"},
	{name: "presence-ref", find: "«meta[\"phx_ref\"] = encode(ref)»", fault: skip, breaks: "a client chooses the reference of its presence"},
	{name: "presence-ends", find: "«c.socket.hub.rosters.leave(c)»", fault: skip, breaks: "a client stays present after its socket"},
	{name: "presence-lease", find: "if «!alive[id] && !p.stale»", fault: never, breaks: "what a killed instance has shown stays"},
	{name: "publish-early", find: "return err } «tx».OnCommit(func(ctx context.Context) { if err := h.bus.send", fault: before("h.deliverLocal(b)"), breaks: "an event is sent before the commit of its transaction"},
	{name: "persist", find: "case «p.Persist != nil && p.Persist != false»", fault: never, breaks: "a client believes that the server has kept a broadcast"},
	{name: "socket-limit", find: "if «q.inUse[name] >= limit»", fault: never, breaks: "a caller opens more sockets or channels than the limit"},
	{name: "message-limit", find: "if «wait == 0» { return true } c := s.channels", fault: always, breaks: "a client sends more messages than the limit"},
}

var realtimeTests = []string{"api/realtime ^Test(Socket.*|Broadcast|Presence.*|LostRight|Publish|Kept.*|MessageLimits)$"}

package mutants_test

// httpMutants are faults of the middleware, of the packages that it shares with others, and of
// the cache.
var httpMutants = []mutant{
	{name: "csrf", find: "if «crossorigin.Refused(protection, r) && !explicit(r)»", fault: never, tests: middlewareTests, breaks: "pages of other origins send requests"},
	{name: "csrf-ambient", find: "return «!crossorigin.Ambient(r)» && (len(r.Header[\"Authorization\"])", fault: always, tests: middlewareTests, breaks: "a cookie beside a made-up key passes the check"},
	{name: "csrf-upgrade", find: "if «len(r.Header[\"Upgrade\"]) > 0» { unsafe", fault: never, tests: []string{"internal/crossorigin", "middleware", "auth"}, breaks: "pages of other origins open a WebSocket"},
	{name: "ambient-basic", find: "«!strings.EqualFold(scheme, \"Bearer\")» { return true", fault: never, tests: []string{"internal/crossorigin", "middleware"}, breaks: "a password that the browser adds counts as explicit"},
	{name: "client-address-peer", find: "if «trusted.has(client)» { client = read", fault: always, tests: middlewareTests, breaks: "every client chooses its IP address"},
	{name: "client-address-walk", find: "client = hop(trimSpace(element)) if «!p.has(client)»", fault: never, tests: middlewareTests, breaks: "the first address of X-Forwarded-For counts"},
	{name: "client-address-forwarded", find: "client = node(nodes[j]) if «!p.has(client)»", fault: never, tests: middlewareTests, breaks: "the first address of Forwarded counts"},
	{name: "proxies-wide", find: "if «narrow.Bits() < widest»", fault: instead("narrow.Bits() < widest-1"), tests: middlewareTests, breaks: "a network of proxies is twice as wide as allowed"},
	{name: "limit-header", find: "case «bytes > l.Header»", fault: never, tests: middlewareTests, breaks: "headers of any size are accepted"},
	{name: "limit-fields", find: "case «fields > l.Fields»", fault: instead("fields > l.Fields+1"), tests: middlewareTests, breaks: "one header line more is accepted"},
	{name: "limit-body-announced", find: "if «limit >= 0 && r.ContentLength > limit»", fault: instead("limit >= 0 && r.ContentLength > limit+1"), tests: middlewareTests, breaks: "a body of one byte more is accepted"},
	{name: "limit-body-streamed", find: "if «limit >= 0 && r.ContentLength < 0 && r.Body != nil»", fault: never, tests: middlewareTests, breaks: "a body without a length is read without end"},
	{name: "limit-params", find: "return «params > limit»", fault: instead("params > limit+1"), tests: middlewareTests, breaks: "one parameter more is accepted"},
	{name: "rate-burst", find: "early := whole - tolerance - now; «early > 0»", fault: instead("early > int64(every)"), tests: middlewareTests, breaks: "a rate has one request more"},
	{name: "admission-caller", find: "«a.callers[c].running < a.PerCaller»", fault: always, tests: middlewareTests, breaks: "one caller has all requests"},
	{name: "admission-anonymous", find: "(«c.kind != auth.Anonymous || a.anonymous < a.unauthenticated»)", fault: always, tests: middlewareTests, breaks: "unauthenticated requests leave none for users"},
	{name: "admission-guest", find: "c := caller{kind: p.Kind, id: p.Counted()} if «p.IsAnonymous»", fault: never, tests: middlewareTests, breaks: "anonymous sign-ups multiply a client's share"},
	{name: "require-aal", find: "return require(opts, problem.AuthInsufficientAAL, message, func(p auth.Principal) bool { return «p.AAL >= level» })", fault: instead("p.AAL+1 >= level"), tests: middlewareTests, breaks: "a session of one factor passes RequireAAL(2)"},
	{name: "require-signed-in", find: "return require(opts, problem.Denied, \"\", func(p auth.Principal) bool { return «p.SignedIn()» })", fault: instead("p.Kind == auth.User"), tests: middlewareTests, breaks: "anonymous users count as signed in"},
	{name: "frame-options", find: "{\"X-Frame-Options\", opts.FrameOptions, «\"DENY\"»}", fault: instead(`"SAMEORIGIN"`), tests: middlewareTests, breaks: "pages are framed"},
	{name: "hsts-plain", find: "if hsts != \"\" && «https(r)»", fault: always, tests: middlewareTests, breaks: "HSTS is sent over HTTP"},
	{name: "cors-origin", find: "return len(r.Header[\"Origin\"]) == 1 && «origins[origin]», nil", fault: always, tests: []string{"middleware/cors"}, breaks: "every origin reads answers"},
	{name: "cors-vary", find: "«w.Header().Add(\"Vary\", \"Origin\")» next.ServeHTTP(w, r)", fault: skip, tests: []string{"middleware/cors"}, breaks: "caches mix answers of OPTIONS with and without an origin"},
	{name: "cors-null", find: "case «origin == \"null\"»", fault: never, tests: []string{"middleware/cors"}, breaks: "sandboxed frames are an origin"},
	{name: "address-group", find: "p, err := a.Prefix(«bits»)", fault: instead("a.BitLen()"), tests: []string{"internal/netaddr", "middleware"}, breaks: "each address of an IPv6 network has limits of its own"},
	{name: "outbound-private", find: "for _, p := range special { if «p.Contains(addr)»", fault: never, tests: outboundTests, breaks: "requests lead into the own network"},
	{name: "outbound-rebinding", find: "return &URLError{\"leads to an address that cannot be read\"} } return «c.checkAddr(to)»", fault: omit, tests: outboundTests, breaks: "a name that leads into the own network is asked"},
	{name: "outbound-redirect", find: "DisableCompression: true, }}, CheckRedirect: func(*http.Request, []*http.Request) error { return «http.ErrUseLastResponse» }", fault: instead("nil"), tests: outboundTests, breaks: "redirects are followed"},
	{name: "outbound-size", find: "if b.left -= int64(n); «b.left < 0»", fault: never, tests: outboundTests, breaks: "an answer has one byte more"},
	{name: "outbound-port", find: "if «!slices.Contains(c.cfg.Ports, to.Port())»", fault: never, tests: outboundTests, breaks: "every port of an address is asked"},
	{name: "json-key-twice", find: "!s.lim.LastWins && «!s.keys.add(s.data, frame, newKeyRef(i, escaped), end)»", fault: never, tests: []string{"internal/strictjson"}, breaks: "an object has a key twice"},
	{name: "json-depth", find: "if «depth > s.lim.Depth»", fault: instead("depth > s.lim.Depth+1"), tests: []string{"internal/strictjson"}, breaks: "documents nest one level deeper"},
	{name: "header-weight", find: "if «whole != \"0\" && whole != \"\"» { return 0 }", fault: never, tests: []string{"internal/httpheader"}, breaks: "a weight above one counts as its fraction"},
	{name: "cache-expired", find: "if !ok || «it.expires <= c.opts.Now().UnixNano()»", fault: instead("it.expires < c.opts.Now().UnixNano()"), tests: []string{"cache/memory"}, breaks: "an entry is valid at the instant of its end"},
	{name: "cache-purged", find: "|| «c.isPurged(it.tags, it.since)» { return value, false, nil", fault: never, tests: []string{"cache/memory"}, breaks: "purged entries are found"},
	{name: "cache-late-write", find: "if «s.last > it.since» || c.isPurged", fault: never, tests: []string{"cache/memory"}, breaks: "a value from before a delete is kept after it"},
	{name: "cache-early-stale", find: "err != nil && ok && «!kept.Missing» && l.opts.StaleIfError > 0", fault: always, tests: []string{"cache"}, breaks: "an outage turns a missing value into a zero one"},
	{name: "cache-stale", find: "l.opts.StaleIfError > 0 && «!errors.Is(err, ErrNotFound)» && ctx.Err() == nil", fault: always, tests: []string{"cache"}, breaks: "a deleted value is returned as a stale one"},
	{name: "cache-delete-load", find: "err := l.cache.Delete(ctx, key) «l.flights.leave(key)»", fault: skip, tests: []string{"cache"}, breaks: "a load from before a delete answers after it"},
	{name: "cache-negative-shared", find: "if askAgain { if kept, ok, err := l.cache.Get(ctx, key); err == nil && ok && «l.left(&kept) > 0»", fault: always, tests: []string{"cache"}, breaks: "a second load returns an expired value"},
}

var (
	middlewareTests = []string{"middleware"}
	outboundTests   = []string{"internal/outbound"}
)

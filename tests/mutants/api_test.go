package mutants_test

// apiMutants are faults of the REST API: policies, preconditions, repeated requests, caches,
// batches, limits.
var apiMutants = []mutant{
	{name: "service-bypass", find: "if «s.resource.policy.ServiceBypass» { every :=", fault: always, tests: policyTests, breaks: "a secret key passes rules without ServiceBypass"},
	{name: "gate-and", find: "if «!g.Admits(p)» { return false }", fault: never, tests: policyTests, breaks: "one of several gates is enough"},
	{name: "gate-aal", find: "return newGate(\"aal >= \"+strconv.Itoa(level), func(p *auth.Principal) bool { return «p.AAL >= level» })", fault: instead("p.AAL+1 >= level"), tests: policyTests, breaks: "a session of one factor passes AAL(2)"},
	{name: "gate-session", find: "p.Kind == auth.User && «p.Session != \"\"»", fault: always, tests: policyTests, breaks: "an API key counts as a session"},
	{name: "gate-same-name", find: "g.n != nil && o.n != nil && «!g.n.opaque && !o.n.opaque» && g.n.text == o.n.text", fault: always, tests: policyTests, breaks: "two functions of one name share a result"},
	{name: "column-read", find: "if «listed && !open(rule.Read)»", fault: never, tests: policyTests, breaks: "a column is read by callers that its rule excludes"},
	{name: "column-create", find: "if «(listed || preset) && !open(rule.Create)»", fault: never, tests: policyTests, breaks: "a column is created by callers that its rule excludes"},
	{name: "preset-closed", find: "if «(listed || preset)» && !open(rule.Update)", fault: instead("listed"), tests: policyTests, breaks: "a preset column is updated"},
	{name: "update-check-closed", find: "if «p.UpdateCheck != nil && g.UpdateCheck.IsZero()»", fault: never, tests: policyTests, breaks: "an UpdateCheck that nobody passes allows what Update allows"},
	{name: "all-of", find: "case «cond.IsZero()»: return store.Cond{}, false", fault: never, tests: policyTests, breaks: "AllOf ignores a rule that allows nothing"},
	{name: "key-hidden", find: "if «!rq.caller.guard(rq.resource.table).Readable.Has(rq.resource.key())»", fault: never, tests: policyTests, breaks: "a row is found by a hidden key"},
	{name: "if-match-elsewhere", find: "if «rt.shape != pgrst.ShapeRow && len(rq.r.Header[\"If-Match\"]) > 0»", fault: never, tests: matchTests, breaks: "If-Match of a write to many rows is ignored"},
	{name: "if-none-match-elsewhere", find: "if «rt.method != http.MethodPut && len(rq.r.Header[\"If-None-Match\"]) > 0»", fault: never, tests: matchTests, breaks: "If-None-Match of a write other than PUT is ignored"},
	{name: "if-match-read", find: "if «!ifMatch(x.r.Header).holds(rows.Version)»", fault: never, tests: matchTests, breaks: "a read ignores If-Match"},
	{name: "if-match-empty-patch", find: "if «len(opts.Versions) > 0 && !slices.Contains(opts.Versions, rows.Version)» { return store.ErrStale", fault: never, tests: matchTests, breaks: "a patch without columns ignores If-Match"},
	{name: "if-match-foreign", find: "if err := rq.readRow(&q, rows); err != nil { return nil, err } return nil, «store.ErrStale»", fault: instead("nil"), tests: matchTests, breaks: "a tag of another form matches every version"},
	{name: "repeat-other-request", find: "case «kept != nil && kept.Fingerprint != asked.Fingerprint»", fault: never, tests: repeatTests, breaks: "a key of another request returns the answer of that one"},
	{name: "repeat-replay", find: "case «kept != nil»: err := json.Unmarshal", fault: never, tests: repeatTests, breaks: "a repeated request runs again"},
	{name: "repeat-caller", find: "return «hashOf(p.Kind.String(), p.Issuer, p.Subject, p.ID, p.Tenant, rq.r.Method, rq.relative)»", fault: instead("hashOf(rq.r.Method, rq.relative)"), tests: repeatTests, breaks: "another caller gets the kept answer"},
	{name: "repeat-roles", find: "«hashOf(sorted(p.Roles)...)», hashOf(sorted(p.Permissions)...)", fault: instead(`""`), tests: repeatTests, breaks: "a caller that has lost a role gets the kept answer"},
	{name: "shared-caller", find: "|| len(x.r.Header[\"Range\"]) > 0 || «!x.unnamed()»", fault: never, tests: sharedTests, breaks: "shared caches store an answer for one caller"},
	{name: "shared-cookie", find: "x.caller.principal.IsZero() && «len(answer[\"Set-Cookie\"]) == 0»", fault: always, tests: sharedTests, breaks: "shared caches store an answer that sets a cookie"},
	{name: "shared-tables", find: "if r == nil || «r.sharedMaxAge == 0»", fault: never, tests: sharedTests, breaks: "shared caches store rows of a table that is not shared"},
	{name: "shared-partial", find: "q.Count || «rows.More» || len(x.r.Header", fault: never, tests: sharedTests, breaks: "shared caches store a part of a list as all of it"},
	{name: "shared-vary", find: "x.w.Header().Add(\"Vary\", varyShared)", fault: skip, tests: sharedTests, breaks: "shared caches mix answers of different preferences"},
	{name: "vary", find: "headers(cache string) { «a.vary(vary)»", fault: skip, tests: sharedTests, breaks: "caches mix answers of different callers"},
	{name: "cache-control", find: "a.set(\"Cache-Control\", «cache»)", fault: instead(`"no-cache"`), tests: sharedTests, breaks: "caches store what no-store forbids"},
	{name: "nosniff", find: "a.set(\"Cache-Control\", cache) «a.set(\"X-Content-Type-Options\", \"nosniff\")»", fault: skip, tests: sharedTests, breaks: "browsers guess the type of an answer"},
	{name: "batch-steps", find: "if «i == s.config.Limits.Steps»", fault: instead("i > s.config.Limits.Steps"), tests: requestTests, breaks: "a batch has one step more than the limit"},
	{name: "batch-headers", find: "if «!slices.Contains(stepHeaders, canonical)»", fault: never, tests: requestTests, breaks: "a step has an Authorization or Idempotency-Key of its own"},
	{name: "body-announced", find: "limit := x.s.config.Limits.Body if «x.r.ContentLength > limit»", fault: never, tests: requestTests, breaks: "a body beyond the limit is read"},
	{name: "body-streamed", find: "io.ReadAll(«http.MaxBytesReader(x.w, x.r.Body, limit)»)", fault: instead("x.r.Body"), tests: requestTests, breaks: "a body without a length is read beyond the limit"},
	{name: "form-cross-origin", find: "case «media == mediaForm && new(http.CrossOriginProtection).Check(rq.r) != nil»", fault: never, tests: requestTests, breaks: "a page of another origin posts a form"},
	{name: "unfiltered-write", find: "if «!w.read.Filter.IsZero()» { return nil }", fault: always, tests: matchTests, breaks: "a PATCH or DELETE without a filter writes all rows"},
	{name: "put-other-key", find: "if «!same» { return &problem.Error{Code: problem.PutMismatch}", fault: never, tests: matchTests, breaks: "PUT writes another row than the URL names"},
	{name: "function-gate", find: "fn := x.function if «!fn.gate.Admits(&x.caller.principal)»", fault: never, tests: policyTests, breaks: "a function runs for callers that its gate excludes"},
	{name: "function-max-affected", find: "p.Strict && p.Bounded && «r.count > p.MaxAffected»", fault: instead("r.count > p.MaxAffected+1"), tests: requestTests, breaks: "a function returns one row more than max-affected"},
	{name: "limit-rows", find: "case «n > limit»: return 0, &LimitError{Limit: what", fault: instead("n > limit+1"), tests: requestTests, breaks: "a read asks for one row more than the limit"},
	{name: "limit-predicates", find: "p.predicates += n; «p.predicates > p.lim.Predicates»", fault: instead("p.predicates > p.lim.Predicates+1"), tests: requestTests, breaks: "a read has one comparison more than the limit"},
	{name: "limit-embed-depth", find: "depth++; «depth > p.lim.EmbedDepth»", fault: instead("depth > p.lim.EmbedDepth+1"), tests: requestTests, breaks: "embeds nest one level deeper than the limit"},
	{name: "limit-embeds", find: "p.embeds++; «p.embeds > p.lim.Embeds»", fault: never, tests: requestTests, breaks: "a read has any number of embeds"},
	{name: "budget-anonymous", find: "if «s.Caller.ID == \"\" || p.IsAnonymous && origin.Address.IsValid()»", fault: instead(`s.Caller.ID == ""`), tests: policyTests, breaks: "a client multiplies its share of connections by anonymous sign-ups"},
	{name: "statement-anonymous", find: "s.StatementTimeout = l.StatementAnonymous", fault: skip, tests: policyTests, breaks: "requests without a principal have the time of users"},
}

var (
	policyTests  = []string{gateTests, "api ^Test(Gates.*|PresetIsClosed|Rules|Roles|ManyGates|Claims|Policy.*|Update.*|DenyAll|Owned.*|Hidden.*|Functions|Scope.*|A46Connections.*|Reserve|Config|StartUp)$", "tests/security/gate ^Test(Policy|A(1[3-9]|2[0-6]))"}
	matchTests   = []string{"api ^Test(Row|Put|PutTag|Preconditions|IfMatch.*|EntityTags|Tags|NothingIsPassedOver|Patch|Delete|DocumentedPreconditions)$", gateTests}
	repeatTests  = []string{"api ^Test(Idempotency.*|Kept.*|A47Receipts)$"}
	sharedTests  = []string{"api ^Test(Shared.*|ReadHeaders|Conditional(List|ListForms)|Head|Read|Row|Preconditions)$"}
	requestTests = []string{"api ^Test(Batch.*|BodyLimit|BodyCut|Limits|ContentType|FormOfAnotherOrigin|MaxAffected|Function.*|TextBodies.*)$", "api/internal/pgrst", "tests/security/gate ^TestA(45|44|35)"}
)

package mutants_test

// storeMutants are faults of what the store guards: tenants and deleted rows, rules, columns,
// foreign keys, upserts, transactions, limits, the change log.
var storeMutants = []mutant{
	{name: "deleted-rows", find: "if d := s.table.DeletedAt; «d != nil && !c.withDeleted»", fault: never, breaks: "deleted rows are read"},
	{name: "tenant", find: "«t == nil || c.allTenants» { return nil }", fault: always, breaks: "rows of other tenants are read"},
	{name: "tenant-missing", find: "case «c.scope == nil && c.tenant == \"\"»", fault: never, breaks: "code without a tenant reads nothing instead of an error"},
	{name: "read-rule", find: "return c.rule(s, s.guard.Read)", fault: before("c.Write(c.Syntax.yes); return nil"), breaks: "the read rule is not applied"},
	{name: "zero-rule", find: "if rule.IsZero() { c.Truth(«false»)", fault: instead("true"), breaks: "a rule that is not set allows every row"},
	{name: "table-not-exposed", find: "g = s.Guard(t) } return g, «g != nil»", fault: always, breaks: "a table without a guard is read as by trusted code"},
	{name: "nil-scope", find: "RequireScope(s *Scope) *Scope { if «s == nil»", fault: never, breaks: "a scope that is nil means trusted code"},
	{name: "relation-keys-hidden", find: "return query.keysReadable(rel, s.guard, target)", fault: before("return true"), breaks: "a relation over a hidden column is followed"},
	{name: "junction-keys-hidden", find: "return ok && «junctionReadable(rel.Junction, guard)»", fault: always, breaks: "a relation over hidden columns of a junction is followed"},
	{name: "junction-rule", find: "if err := «c.limits(j)»; err != nil", fault: omit, breaks: "rows of a junction are not limited by its rule"},
	{name: "comparison-of-hidden-rows", find: "«s.trusted || s.guard.Read.always()» || s.guard.UnguardedFilters.Has(col)", fault: always, breaks: "a pattern runs on rows that the rule hides, which its time shows"},
	{name: "hidden-column", find: "if col == nil || «guard != nil && !guard.Readable.Has(col)»", fault: never, breaks: "a hidden column is read and compared"},
	{name: "aggregable", find: "«s.guard != nil && !s.guard.Aggregable.Has(v.column)»", fault: never, breaks: "a column that the policy excludes is aggregated"},
	{name: "preset-value", find: "!gap && «!sameValue(p.Column.Kind, given, _)»", fault: never, breaks: "a preset column with another value is accepted"},
	{name: "preset-variable", find: "text, ok := scope.variable(p.Var) if «!ok»", fault: never, breaks: "a caller without the variable of a preset creates rows"},
	{name: "preset-update", find: "if p := w.presetOf(a.column); «p != nil && !w.guard.Updatable.Has(a.column)»", fault: never, breaks: "an update writes a preset column"},
	{name: "generated-key", find: "c.Generated && !gap && «!w.guard.Creatable.Has(c)»", fault: never, breaks: "a client chooses a key that the database generates"},
	{name: "update-rule", find: "err == nil && w.guard != nil && «w.changeRule().Node() != w.guard.Read.Node()»", fault: never, breaks: "an update or delete needs the read rule only"},
	{name: "action-rule", find: "«w.guard != nil && w.upsert == nil && w.actionRule().IsZero()»", fault: never, breaks: "a write that no rule allows looks like one that matches nothing"},
	{name: "versions", find: "if err == nil && «len(w.versions) > 0» { if len(w.version) == 0", fault: never, breaks: "an update ignores the version that it expects"},
	{name: "new-row-decided", find: "if decided && result != isTrue { return false, «ErrDenied»", fault: instead("nil"), breaks: "a rule on new rows that Go decides is not enforced"},
	{name: "new-row-null", find: "if decided && «result != isTrue»", fault: instead("result == query.IsFalse"), breaks: "a rule on new rows that is NULL allows the row"},
	{name: "update-check", find: "if «w.guard.UpdateCheck.IsZero() && !w.touches(cond.Node())»", fault: always, breaks: "an update moves a row out of the rule"},
	{name: "image-rule", find: "err == nil && «n != int64(len(rows))» { err = ErrDenied", fault: never, breaks: "a rule on new rows that the database decides is not enforced"},
	{name: "foreign-key-rule", find: "if «w.targetUnchecked(ref)» && ref.Target.Tenant == nil", fault: always, breaks: "a foreign key may point to a row out of sight"},
	{name: "foreign-key-tenant", find: "w.targetUnchecked(ref) && «ref.Target.Tenant == nil && ref.Target.DeletedAt == nil»", fault: always, breaks: "an unchecked foreign key reaches rows of another tenant"},
	{name: "foreign-key-same-write", find: "return err } else if «!ok» { return w.missingTarget(ref)", fault: never, breaks: "a foreign key to a row of the same write is not checked"},
	{name: "upsert-create-first", find: "if err := «w.mayCreate(ctx)»; err != nil", fault: omit, breaks: "an upsert shows which keys exist"},
	{name: "upsert-tenant", find: "if t := w.table.Tenant; «t != nil && old[t.index] != row[t.index]»", fault: never, breaks: "an upsert changes a row of another tenant"},
	{name: "upsert-rule", find: "if «result != isTrue» { return taken", fault: never, breaks: "an upsert changes a row that its caller may not update"},
	{name: "upsert-version", find: "w.upsert.mustInsert || «!w.hasVersion(old)»", fault: never, tests: []string{gateTests, "api ^Test(Put|PutTag|Preconditions|IfMatchOfRows)$"}, breaks: "an upsert ignores the version that it expects"},
	{name: "upsert-twice", find: "if «seen[key] && key != \"\"» { if w.upsert.ignore", fault: never, breaks: "an upsert writes one row twice"},
	{name: "error-columns", find: "withoutHidden(err error) error { if «w.guard == nil»", fault: always, breaks: "an error names columns that the caller may not know"},
	{name: "cursor-code", find: "if «!hmac.Equal(raw[:macSize], c.appendMAC(mac[:0], keys, raw[macSize:]))»", fault: never, tests: cursorTests, breaks: "a cursor that a client has made is accepted"},
	{name: "cursor-order", find: "«text = append(text, byte(bit(k.desc)), byte(bit(k.first)), 0)»", fault: skip, tests: cursorTests, breaks: "a cursor is valid for another order"},
	{name: "write-rows", find: "if «r.Rows > maxWrite» { return nil", fault: never, tests: limitTests, breaks: "one write touches any number of rows"},
	{name: "cascade-rows", find: "*w.cascaded += rows; «*w.cascaded > maxWrite»", fault: never, tests: limitTests, breaks: "one delete deletes any number of referring rows"},
	{name: "cascade-levels", find: "if «depth > maxLevels» { return &LimitError", fault: instead("depth > 4*maxLevels"), tests: limitTests, breaks: "deletes cascade deeper than the limit"},
	{name: "single", find: "if «w.exactlyOne && (out.touched != 1 || out.Count != 1)»", fault: never, breaks: "a write of one row writes several"},
	{name: "most", find: "w.maxRows != nil && «out.touched > *w.maxRows»", fault: instead("out.Touched > *w.maxRows+1"), tests: limitTests, breaks: "one row more than max-affected is written"},
	{name: "exactly", find: "w.exactly > 0 && «len(old) != w.exactly»", fault: never, tests: limitTests, breaks: "a write of exactly n rows writes fewer"},
	{name: "answer-rule", find: "«w.guard != nil && !w.implied(w.guard.Read)»", fault: never, breaks: "a write returns rows that its caller cannot read"},
	{name: "failed-transaction", find: "if «tx.failed != nil» { return tx, tx.cause(fmt.Errorf(\"%w: %w\", ErrTxFailed", fault: never, tests: txTests, breaks: "a transaction commits after a write has failed"},
	{name: "savepoint-panic", find: "if «!returned» { tx.failed", fault: never, tests: txTests, breaks: "half a savepoint is committed after a panic"},
	{name: "savepoint-commit-functions", find: "tx.failed, tx.commit = nil, «tx.commit[:waiting]»", fault: instead("tx.commit"), tests: txTests, breaks: "functions of a savepoint that is rolled back run at the commit"},
	{name: "read-only", find: "«tx.inner.readOnly = true» return fn()", fault: skip, tests: []string{"api ^Test(ReadFunctions|Batch.*)$"}, breaks: "a function that only reads writes where a batch writes"},
	{name: "log-secret", find: "if «c.Mode == Secret» || some != nil && !some.Has(c) { continue } if !first", fault: never, tests: logTests, breaks: "the change log has secret columns"},
	{name: "log-limit", find: "w.session.tx.bytes += size; «w.session.tx.bytes <= w.logLimit»", fault: always, tests: limitTests, breaks: "a request fills the change log"},
	{name: "log-restored", find: "case «p.Epoch != h.Epoch»", fault: never, tests: logTests, breaks: "a reader goes on in the log of another database"},
	{name: "log-trimmed", find: "case «h.Now == \"\" && p.Trims != h.Purged.Trims» && slices.ContainsFunc(h.Purged.of(tables)", fault: never, tests: logTests, breaks: "a reader misses trimmed changes"},
	{name: "log-reader-busy", find: "if «!ok» { return nil, fmt.Errorf(\"%w: %q\", ErrReaderBusy", fault: never, tests: logTests, breaks: "two processes run one reader"},
	{name: "log-position", find: "if len(batch) > 0 || at.To != \"\" || next != *at && time.Since(c.saved) > refreshPosition { «err = c.save(ctx, tx, next)» }", fault: skip, tests: logTests, breaks: "a reader gets changes again after a restart"},
}

var (
	gateTests   = "tests/security/gate ^TestGate$"
	cases       = "tests/conformance"
	ruleTests   = []string{gateTests, "store ^Test(NoScope|ScopedReadsAndWrites|ScopeFunc|RandomRules|UnboundRules|Preset.*|Hidden.*|UncheckedReferences.*|ConstraintErrorNamesNoHiddenColumn|Restore.*|UnguardedFilters|Upsert.*|SingleCounts.*|CascadeInScope|ShownAnew|Deleted.*|Repo|KeyCannotBeSet)$", "tests/security/gate ^TestA(1[3-9]|2[0-6])", cases}
	limitTests  = []string{"store ^Test(RowsOfOne.*|ScopeLimits|Cascade.*|ManyRows|Cardinality.*|SingleCounts.*)$", "api ^Test(MaxAffected|LogLimitOfBatch|OnePatchOfMany)$", cases}
	txTests     = []string{cases, "store ^Test(DeniedWrite.*|Cardinality.*|BunInside.*)$"}
	logTests    = []string{"store/changelog ^Test(Position.*|Logged.*|Changes(ThreeTransactions|WindowInPages|OneReaderOfAName|Retention|Epoch|PositionOfAnotherServer|OfTables|Start|WithoutName|Pages|Effect.*|OfAReader|SameBytes|OfTheWritePath))$", cases}
	cursorTests = []string{gateTests, "tests/security/gate ^TestA24", "store ^TestPages"}
)

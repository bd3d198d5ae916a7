package mutants_test

// jobsMutants are faults of jobs and schedules: leases, keys, limits, secrets, drains.
var jobsMutants = []mutant{
	{name: "job-fence-done", find: "complete: d.text(\"update plinth_jobs set \" + finished + «\" where id = $1 and fence = $2 and state = 'running'\"»", fault: instead(`strings.Replace($, "fence = ", "fence >= ", 1)`), breaks: "a worker that has lost its lease completes the job of another"},
	{name: "job-lease-lost", find: "if «n == 0» { return ErrLeaseLost } tx.OnCommit", fault: never, breaks: "a handler without its lease commits"},
	{name: "job-lease-stop", find: "«o.stop(ErrLeaseLost)»", fault: skip, breaks: "a handler without its lease goes on"},
	{name: "job-lease-renewed", find: "\"leases were not renewed, which is tried again\", «js.renew»", fault: instead("js.recoverAll"), breaks: "a long job loses its lease"},
	{name: "job-overdue", find: "return «time.Since(a.begun) > a.kind.timeout+a.js.config.Lease»", fault: never, breaks: "a handler that hangs holds its job for ever"},
	{name: "job-recovered-dead", find: "recover: d.text(«\"update plinth_jobs set state = case when attempts >= max_attempts then 'dead' else 'waiting' end,\"»", fault: instead(`"update plinth_jobs set state = 'waiting',"`), breaks: "a job that kills its worker runs for ever"},
	{name: "job-timeout", find: "context.WithTimeoutCause(ctx, «a.kind.timeout», errTimeout)", fault: instead("time.Hour"), breaks: "a handler has no timeout"},
	{name: "job-drain", find: "«context.Cause(ctx) == errDrain»", fault: never, breaks: "a deploy counts as a failure of the jobs that it stops"},
	{name: "job-hand-back", find: "«w.handBack(limited)»", fault: skip, breaks: "a drained process keeps its leases"},
	{name: "job-snooze", find: "«uncounted, pause = 1, snoozed.d»", fault: func(_, on, right string) string { return right + "; if " + on + " { uncounted = 0 }" }, breaks: "a snooze counts as an attempt"},
	{name: "job-cancel", find: "case «errors.As(o.err, &canceled)», o.attempts >= o.max", fault: never, breaks: "a job that its handler has given up is retried"},
	{name: "job-max", find: "case errors.As(o.err, &canceled), «o.attempts >= o.max»", fault: never, breaks: "a job that fails is retried for ever"},
	{name: "job-free-key", find: "\" finished_at = case when $3 = 'dead' then {now} end, \" + «freeKey(Running)»", fault: instead(`"unique_key = unique_key"`), breaks: "a retried job fails on the key of a newer one"},
	{name: "job-keep", find: "if i, there := at[unique]; «there && unique != \"\"»", fault: never, breaks: "jobs of one statement share a key"},
	{name: "job-paused", find: "eachPriority(\"id\", \" and kind {in text $2} and \"+«running», \"limit $3 {skip locked}\")", fault: instead(`"true"`), breaks: "a paused queue goes on"},
	{name: "job-queue-limit", find: "free = min(n, «int(noLimit(q.Limit)-running)»)", fault: instead("n"), breaks: "a queue runs more jobs than its limit"},
	{name: "job-key-limit", find: "\" fit as (select \" + columns + «\" from ranked where limit_key is null or limit_key = ':' or place <= $5),\"»", fault: instead(`strings.Replace($, "place <= ", "place - 1 <= ", 1)`), breaks: "a key has more jobs than its limit"},
	{name: "job-key-limit-behind", find: "\") as id from keys where \" + running + «\" and key not in (select limit_key from busy where limit_key <> ':' and n >= $5)\"»", fault: instead(`""`), breaks: "a key has more jobs than its limit where many wait"},
	{name: "job-no-key", find: "k.limit == nil && «!slices.ContainsFunc(k.js.config.Queues, ofQueue)»", fault: always, breaks: "jobs without a key wait behind those of a key that is full"},
	{name: "job-secret", find: "text := string(args) if «o.kind.secret»", fault: never, breaks: "secret arguments are stored as they are"},
	{name: "job-secret-error", find: "else if «o.kind.secret»", fault: never, breaks: "the error of a secret job is stored"},
	{name: "job-reencrypt", find: "if «!outdated» { continue }", fault: always, breaks: "secret jobs keep a key that is removed"},
	{name: "job-args", find: "if «len(text) > MaxArgs»", fault: never, breaks: "arguments have any size"},
	{name: "job-tenant", find: "if «a.tenant != \"\"»", fault: never, breaks: "a handler does not know its tenant"},
	{name: "job-actor", find: "store.WithActor(context.WithoutCancel(ctx), «a.actor»)", fault: instead(`""`), breaks: "a handler writes without its actor"},
	{name: "job-panic", find: "if p := recover(); «p != nil» { err = &panicError", fault: never, breaks: "a panic of a handler is a success"},
	{name: "job-kinds", find: "eachPriority(\"id\", «\" and kind {in text $2} and \"»+running, \"limit $3 {skip locked}\")", fault: instead(`" and (kind {list \x242} or true) and "`), breaks: "a process claims jobs of kinds that it does not know"},
	{name: "job-trimmed", find: "\"done\": keepDone, \"dead\": «keepDead»", fault: instead("keepDone"), breaks: "dead jobs are gone after a day"},
	{name: "schedule-missed", find: "if «s.skip && now.Sub(run) > missedAfter»", fault: never, breaks: "a missed time runs where it should be skipped"},
	{name: "schedule-last", find: "if «now.Sub(at) > missedAfter» { run, next", fault: never, breaks: "every missed time runs"},
	{name: "mail-refused", find: "if refusal, ok := errors.AsType[permanence](err); «ok && refusal.Permanent()»", fault: never, tests: mailTests, breaks: "a mail that is refused for good is tried for days"},
	{name: "mail-id", find: "«m.ID = job.ID.String()»", fault: skip, tests: mailTests, breaks: "a mail has another id in each attempt"},
}

var (
	jobsTests = []string{"store/jobs"}
	mailTests = []string{"api/mail/outbox"}
)

package jobs

import "context"

// UseClock makes statements take the time from an expression.
func (js *Jobs) UseClock(expression string) {
	d := dialectOf(js.db)
	d.now, d.clock = expression, expression
	js.setDialect(d)
}

// The steps of Run, for tests that do without waiting.
func (js *Jobs) Recover(ctx context.Context) error { return js.recoverAll(ctx) }
func (js *Jobs) Renew(ctx context.Context) error   { return js.renew(ctx) }
func (js *Jobs) Trim(ctx context.Context) error    { return js.trim(ctx) }
func (js *Jobs) Tick(ctx context.Context) error    { return js.scheduler.tick(ctx) }

// ClaimOnce claims jobs as a worker that dies with them.
func (js *Jobs) ClaimOnce(ctx context.Context, queue string, kinds []string, n int) (int, error) {
	claimed, err := js.newWorker(Queue{Name: queue}, kinds).exchange(ctx, nil, n)
	return len(claimed), err
}

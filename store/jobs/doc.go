// Package jobs runs work that must survive the process and work by the clock. Jobs are
// rows of the database: a job is enqueued in the transaction that has the reason for it,
// and runs if that transaction commits, also after a crash.
//
//	js, err := jobs.New(db, nil)
//	invoices := jobs.Register(js, "invoice.send", func(ctx context.Context, job jobs.Job[Invoice]) error {
//		return mailer.Send(ctx, job.ID.String(), job.Args.To)
//	}, nil)
//	go js.Run(ctx)
//
//	err = db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
//		...
//		_, err := invoices.Enqueue(ctx, tx, Invoice{To: to})
//		return err
//	})
//
// # Kind, queue, lease
//
// A kind is the name of a handler and the type of its arguments. Jobs of a kind wait in
// a queue, in the order of priority and due time. A worker claims a job by a lease,
// which it renews while the handler runs. When a process dies its leases expire, and
// another worker runs the jobs within 30 seconds.
//
// A handler of [Register] may therefore run more than once for a job, though never
// twice at a time by workers that hold the lease. Give the job's id to other services
// as idempotency key. Effects in the database happen once if they are in the
// transaction of [Job.Complete], or if the kind has a handler of [RegisterTx].
//
// # Failures
//
// A job whose handler returns an error is retried after a growing pause: one second,
// then four, sixteen and so on up to an hour, each changed by up to a quarter at random.
// After the last attempt it is dead. Dead jobs are kept for 14 days and can be run again
// with [Jobs.Retry].
//
// # Clocks
//
// Due times, leases and schedules use the clock of the database, so that the clocks of
// the processes do not matter.
package jobs

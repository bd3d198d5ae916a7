package plinth

import (
	"context"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/api/mail/outbox"
	"github.com/seed-7694ebf6/plinth/internal/server"
	storeaccess "github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

// restartPause is the delay before failed background work of the library restarts.
// ownRestartPause is the delay for the application's own work, which often fails because
// another server is down.
const (
	restartPause    = time.Second
	ownRestartPause = 10 * time.Second
)

// Prepare adds work that needs the tables and must be done before the first request, such
// as creating roles and required rows. [App.Handler] and [App.Run] run it in the order in
// which it was added, after the schema is ready and [App.Accounts] is set. They return its
// first error. The commands of [App.Main] other than serve skip it.
//
// Every instance runs it at every start, possibly at the same time, so it must check what
// exists already. Call Prepare before Handler, Run or Main, and none of them inside it.
func (a *App) Prepare(work func(ctx context.Context) error) { a.prepare = append(a.prepare, work) }

// Background adds work that runs beside the server, such as a reader of the change log
// ([changelog.Open]). Work by the clock and work that must survive the process are jobs
// ([App.Every], [App.Cron], [App.Jobs]). [App.Run] starts it after all preparation and
// cancels its context after the last request. The work then has the rest of
// [Config].DrainTimeout to return.
//
// Work that returns nil is done. Work that fails or panics is logged under its name and
// restarts after 10 seconds, until the server ends. Every instance runs it. A named reader
// runs in one instance at a time. Call Background before Run or Main.
func (a *App) Background(name string, work func(ctx context.Context) error) {
	a.background = append(a.background, server.Job{Name: name, Work: work, Pause: ownRestartPause})
}

// RunBackground runs the background work of a server until ctx ends, and returns when all
// of it has ended. It notifies other instances of commits ([changelog.Notify]), reads the
// change log for subscribers ([App.Realtime]), runs jobs and schedules ([App.Jobs]), follows
// revocations of accounts ([accounts.Accounts.Run]), and runs what [App.Background] has added.
// The library's own schedules send mails, trim the change log, and remove expired rows. Run
// calls it. Programs that pass [App.Handler] to a server of their own call it once, after
// Handler.
func (a *App) RunBackground(ctx context.Context) {
	work := []server.Job{{Name: "change log notifier", Work: func(ctx context.Context) error { return changelog.Notify(ctx, a.db) }, Pause: restartPause}}
	if a.accounts != nil {
		work = append(work, server.Job{Name: "accounts", Work: a.accounts.Run, Pause: restartPause})
	}
	work = append(work, server.Job{Name: "jobs", Work: a.runJobs, Pause: restartPause}, server.Job{Name: "realtime", Work: a.hub.Run, Pause: restartPause})
	server.RunJobs(ctx, a.config.Logger, append(work, a.background...)...)
}

// Jobs returns the jobs of the application: work that must survive the process and work by
// the clock. Register kinds before Run, Handler or Main, in every process of the
// application:
//
//	invoices := jobs.Register(app.Jobs(), "invoice.send", sendInvoice, nil)
//
// Kinds with Secret are encrypted with Accounts.MasterKeys.
func (a *App) Jobs() *jobs.Jobs { return a.jobs }

// Every runs handler at each multiple of a period of a second or more, once for all
// instances, see [jobs.Every]. The name identifies the schedule in the database.
func (a *App) Every(name string, period time.Duration, handler func(ctx context.Context, due time.Time) error) {
	jobs.Every(a.jobs, name, period, handler, nil)
}

// Cron is Every for the times of a cron expression in UTC, such as "30 7 * * MON-FRI" or
// "@daily". [jobs.Cron] takes a time zone.
func (a *App) Cron(name, expression string, handler func(ctx context.Context, due time.Time) error) {
	jobs.Cron(a.jobs, name, expression, handler, nil)
}

// Mail returns the outbox for the application's own mails, which jobs send:
//
//	_, err := app.Mail().Enqueue(ctx, tx, mail.Message{To: to, Template: "welcome", Values: map[string]string{"name": name}})
//
// The templates are [Config].MailTemplates. The sender is Accounts.Mailer if it is an
// [outbox.Sender], as that of PLINTH_SMTP_URL and the folder of development are. Mails are
// encrypted with Accounts.MasterKeys; enqueue them after [App.Handler] or [App.Run] has begun.
func (a *App) Mail() *outbox.Outbox { return a.mail }

// openJobs makes the jobs of the database and the outbox.
func (a *App) openJobs() (err error) {
	queues := slices.Clone(a.config.Jobs.Queues)
	for _, own := range []string{outbox.Queue, ownQueue} {
		if queues != nil && !slices.ContainsFunc(queues, func(q jobs.Queue) bool { return q.Name == own }) {
			queues = append(queues, jobs.Queue{Name: own})
		}
	}
	a.jobs, err = jobs.New(a.db, &jobs.Config{
		Drain: min(5*time.Second, max(a.config.DrainTimeout/2, time.Second)), Logger: a.config.Logger,
		Queues: queues, Sealer: &a.sealer, Workers: a.config.Jobs.Workers, Propagator: a.config.Jobs.Propagator,
	})
	if err != nil {
		return err
	}
	sender, _ := a.config.Accounts.Mailer.(outbox.Sender)
	a.mail = outbox.New(a.jobs, sender)
	a.scheduleTrims()
	return nil
}

// ownQueue is the queue of the library's own work.
const ownQueue = "plinth"

// scheduleTrims trims the change log and the records of Idempotency-Key.
func (a *App) scheduleTrims() {
	const period = 10 * time.Minute
	opts := &jobs.ScheduleOptions{Queue: ownQueue, MaxAttempts: 3, Timeout: period}
	jobs.Every(a.jobs, "plinth.changes", period, func(ctx context.Context, _ time.Time) error {
		_, err := changelog.Trim(ctx, a.db, a.config.Retention)
		return err
	}, opts)
	jobs.Every(a.jobs, "plinth.idempotency", period, func(ctx context.Context, _ time.Time) error {
		_, err := storeaccess.TrimReceipts(ctx, a.db)
		return err
	}, opts)
}

// runJobs runs jobs, or wakes the workers of other processes.
func (a *App) runJobs(ctx context.Context) error {
	if a.config.Jobs.Off {
		return a.jobs.Notify(ctx)
	}
	return a.jobs.Run(ctx)
}

// work runs the command worker: the background work without a server for clients. At
// Config.OpsAddr it answers operators as a server does.
func (a *App) work(ctx context.Context) error {
	a.config.Jobs.Off = false
	if _, err := a.Handler(ctx); err != nil {
		return err
	}
	a.config.Logger.InfoContext(ctx, "working", "database", a.db.Capabilities().Engine)
	if a.config.OpsAddr == "" {
		a.RunBackground(ctx)
		return nil
	}
	config := a.config.server(a.probes, a.longLived)
	config.Addr, config.OpsAddr, config.TLS, config.DrainDelay = config.OpsAddr, "", server.TLS{}, 0
	s, err := server.Open(ctx, config)
	if err != nil {
		return err
	}
	return s.Serve(ctx, a.probes.Routes(config.OpsHandler), a.RunBackground)
}

package accounts

import (
	"context"
	"sync"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
)

// Run does what accounts do in the background, until ctx ends, and then returns nil:
//
//   - It keeps this instance up with the sessions that end on others. Without it
//     access tokens of theirs hold until they expire. Sessions that end on this
//     instance are known at once.
//   - It sends the mails and text messages that this instance and others have to send. Several
//     instances send one once, unless one is killed while it does.
//   - It deletes rows that are of no use any more, see [Retention].
//
// If a part fails for good the others are stopped, and Run returns its error.
func (a *Accounts) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var (
		wg    sync.WaitGroup
		once  sync.Once
		first error
	)
	for _, part := range a.background() {
		wg.Go(func() {
			if err := part(ctx); err != nil && ctx.Err() == nil {
				once.Do(func() { first = err })
				stop(err)
			}
		})
	}
	wg.Wait()
	return first
}

// background are the parts of Run. Each returns nil when its context ends.
func (a *Accounts) background() []func(context.Context) error {
	parts := []func(context.Context) error{a.sessions.FollowRevocations, a.sweepRegularly}
	for range outbox.MailSenders {
		parts = append(parts, a.outbox.SendMails)
	}
	return parts
}

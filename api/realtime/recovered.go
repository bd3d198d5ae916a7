package realtime

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
)

// recovered makes a panic of the application's code an error, for rules and authenticators run
// in goroutines of the hub. Defer it.
func recovered(log *slog.Logger, err *error) {
	if p := recover(); p != nil {
		log.Error("realtime: code of the application panicked", "panic", p, "stack", string(debug.Stack()))
		*err = fmt.Errorf("realtime: panic: %v", p)
	}
}

// see is changelog.Judge.See, whose rules may be functions of the application.
func see(ctx context.Context, log *slog.Logger, j *changelog.Judge, view changelog.View) (seen changelog.Seen, err error) {
	defer recovered(log, &err)
	return j.See(ctx, view)
}

// decide is changelog.Decide.
func decide(ctx context.Context, log *slog.Logger, on store.Session, asks []changelog.Ask) (err error) {
	defer recovered(log, &err)
	return changelog.Decide(ctx, on, asks)
}

// Projects is a product: organisations with members in roles, projects, tasks, labels,
// comments, share links, invitations by mail, an audit, a daily reminder and a cached
// dashboard.
//
//	go run ./examples/projects
package main

import (
	"context"
	"embed"
	"io/fs"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/memory"
	"github.com/seed-7694ebf6/plinth/store"
)

//go:embed mails
var mails embed.FS

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	app, err := newApp(ctx, plinth.FromEnv())
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(app.Main(ctx, os.Args[1:]))
}

// newApp returns the application, for main and for tests.
func newApp(ctx context.Context, config plinth.Config) (*plinth.App, error) {
	files, err := fs.Sub(mails, "mails")
	if err != nil {
		return nil, err
	}
	config.MailTemplates.Files = files
	app, err := plinth.New(ctx, config)
	if err != nil {
		return nil, err
	}
	f := &functions{app: app}
	kept, err := memory.New(memory.Options[store.ID, cache.Loaded[dashboard]]{Size: 1_000})
	if err != nil {
		return nil, err
	}
	f.dashboards, err = cache.NewLoader(kept, f.loadDashboard, cache.LoaderOptions[store.ID, dashboard]{TTL: time.Minute})
	if err != nil {
		return nil, err
	}
	app.Add(resources()...)
	app.Add(
		api.TxFunc("create_organisation", api.SignedIn(), f.createOrganisation),
		api.TxFunc("invite", api.SignedIn(), f.invite),
		api.TxFunc("accept_invitation", api.SignedIn(), f.accept),
		api.TxFunc("share_project", api.SignedIn(), f.share),
		api.Func("dashboard", api.SignedIn(), f.dashboard),
	)
	app.Background("audit", f.audit)
	app.Cron("remind", "0 7 * * *", f.remind)
	return app, store.After(app.DB(), keepOwner)
}

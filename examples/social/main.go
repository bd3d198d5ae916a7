// Social is a social network: posts, follows, likes, comments in threads, mentions, blocks, a
// feed, notifications and search, over REST. See
// README.md.
//
//	go run ./examples/social
package main

import (
	"cmp"
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/seed-7694ebf6/plinth"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	config := plinth.FromEnv()
	config.DatabaseURL = cmp.Or(config.DatabaseURL, "social.db")
	s, err := newSocial(ctx, config)
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(s.app.Main(ctx, os.Args[1:]))
}

// social is the application.
type social struct{ app *plinth.App }

// newSocial returns the application, for main and for tests.
func newSocial(ctx context.Context, config plinth.Config) (*social, error) {
	config.Accounts.Cookies = true       // pages have no tokens
	config.Accounts.DisableSignup = true // members are invited
	app, err := plinth.New(ctx, config)
	if err != nil {
		return nil, err
	}
	app.Migrations(schema())
	s := &social{app}
	app.Add(s.resources()...)
	addHooks(app.DB())
	return s, nil
}

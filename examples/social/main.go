// Social is a social network: posts, follows, likes, comments in threads, mentions, blocks, a
// feed, notifications, presence and search, on pages that change while they are open. See
// README.md.
//
//	go run ./examples/social seed && go run ./examples/social
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	if len(os.Args) == 2 && os.Args[1] == "seed" {
		if err := errors.Join(s.seed(ctx, os.Stdout), s.app.DB().Close()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(s.app.Main(ctx, os.Args[1:]))
}

// social is the application.
type social struct{ app *plinth.App }

// newSocial returns the application, for main and for tests.
func newSocial(ctx context.Context, config plinth.Config) (*social, error) {
	config.Accounts.Cookies = true       // pages have no tokens
	config.Accounts.DisableSignup = true // members are invited
	s := &social{}
	config.Channels = s.channels()
	var err error
	if s.app, err = plinth.New(ctx, config); err != nil {
		return nil, err
	}
	s.app.Migrations(schema())
	s.app.Add(s.resources()...)
	addHooks(s.app.DB())
	return s, s.addPages()
}

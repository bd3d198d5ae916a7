// Contact is the contact page of a company and the inbox of its team.
//
//	go run ./examples/contact seed    # a team and 200 messages in contact.db
//	go run ./examples/contact         # http://127.0.0.1:8090, and /inbox for the team
//
//	go run ./examples/contact member ann@example.org "Ann Berg"    # prints her password
//
// README.md says what it shows. These variables are its own, beside those of plinth.FromEnv:
//
//	CONTACT_TEAM      e-mail address of the team, which gets a mail for each message
//	CONTACT_CAPTCHA   service:site key:secret, such as turnstile:0x4A:0x4B; none in development
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/auth/captcha"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	config := plinth.FromEnv()
	config.DatabaseURL = cmp.Or(config.DatabaseURL, "contact.db")
	config.MailTemplates = mail.TemplatesConfig{Files: mails()}
	settings := Settings{Team: cmp.Or(os.Getenv("CONTACT_TEAM"), "team@northwind-bikes.example")}
	var err error
	if settings.Captcha, err = parseCaptcha(os.Getenv("CONTACT_CAPTCHA")); err != nil {
		log.Fatal(err)
	}
	c, err := newContact(ctx, config, settings)
	if err != nil {
		log.Fatal(err)
	}
	if known, err := c.command(ctx, os.Args[1:], os.Stdout); known {
		if err != nil {
			log.Fatal(err)
		}
		return
	}
	os.Exit(c.app.Main(ctx, os.Args[1:]))
}

// parseCaptcha reads CONTACT_CAPTCHA. It returns nil for an empty text.
func parseCaptcha(text string) (*captcha.Captcha, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no captcha
	}
	parts := strings.SplitN(text, ":", 3)
	if len(parts) < 3 {
		return nil, fmt.Errorf("contact: CONTACT_CAPTCHA must be service:site key:secret")
	}
	return captcha.New(captcha.Config{Service: captcha.Service(parts[0]), SiteKey: parts[1], Secret: parts[2]})
}

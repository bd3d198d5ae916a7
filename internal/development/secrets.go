package development

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"

	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/environment"
	"github.com/seed-7694ebf6/plinth/store"
)

// mailFolder is the folder for mails in development.
const mailFolder = "plinth-mails"

// UseFolder sends mails and text messages without a configured sender to a folder, and returns
// its name, "" if both have a sender. Without a mailer e-mail addresses count as confirmed.
// Limits on text messages are off there because they cost nothing. Nil templates stand for the
// library's own.
func UseFolder(c *accounts.Config, templates *mail.Templates) (name string, err error) {
	if c.Mailer != nil && c.SMS != nil {
		return "", nil
	}
	folder, err := mail.NewFolder(mailFolder, mail.FolderConfig{Output: os.Stdout, Templates: templates})
	if err != nil {
		return "", err
	}
	if c.Mailer == nil {
		c.Mailer, c.Autoconfirm = folder, true
	}
	if c.SMS != nil {
		return mailFolder, nil
	}
	c.SMS = folder
	for _, limit := range []*accounts.Limit{&c.Limits.NumberSMS, &c.Limits.AddressSMS, &c.Limits.SMS} {
		if *limit == (accounts.Limit{}) {
			limit.Count = -1
		}
	}
	return mailFolder, nil
}

// Secrets are the generated values that the banner shows.
type Secrets struct {
	Publishable string // API key
	Password    string // of the account that the banner proposes
}

// Complete adds to a configuration what it lacks: a publishable key, a master key, and a
// password for the banner. Generated secrets are kept in the database.
func Complete(ctx context.Context, db *store.DB, keys *auth.Keys, c *accounts.Config) (s Secrets, err error) {
	if len(keys.Publishable) == 0 {
		key, err := db.Setting(ctx, "development_publishable_key", func() (string, error) { return auth.NewPublishableKey(), nil })
		if err != nil {
			return s, err
		}
		keys.Publishable = []string{key}
	}
	s.Publishable = keys.Publishable[0]
	if s.Password, err = db.Setting(ctx, "development_password", func() (string, error) { return rand.Text(), nil }); err != nil {
		return s, err
	}
	if c.Limits.Requests == (accounts.Limit{}) {
		c.Limits.Requests.Count = -1 // all requests of a developer come from one IP address
	}
	if len(c.MasterKeys) > 0 {
		return s, nil
	}
	text, err := db.Setting(ctx, "development_master_key", func() (string, error) { return hex.EncodeToString(environment.NewKey()), nil })
	if err != nil {
		return s, err
	}
	key, ok := environment.DecodeKey(text)
	if !ok {
		return s, errors.New("plinth: the setting development_master_key cannot be read")
	}
	c.MasterKeys = [][]byte{key}
	return s, nil
}

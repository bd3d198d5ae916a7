package plinth

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

// useFolder sends mails and text messages without a configured sender to a folder. Limits
// on text messages are off there because they cost nothing.
func useFolder(c *accounts.Config, folder *mail.Folder) {
	if c.Mailer == nil {
		c.Mailer = folder
	}
	if c.SMS != nil {
		return
	}
	c.SMS = folder
	for _, limit := range []*accounts.Limit{&c.Limits.NumberSMS, &c.Limits.AddressSMS, &c.Limits.SMS} {
		if *limit == (accounts.Limit{}) {
			limit.Count = -1
		}
	}
}

// openDevelopment adds what the configuration lacks: a publishable key, a master key, a
// folder for mails, and a password for the banner.
func (a *access) openDevelopment(ctx context.Context, db *store.DB, config *resolved) error {
	if len(config.Keys.Publishable) == 0 {
		key, err := db.Setting(ctx, "development_publishable_key", func() (string, error) { return auth.NewPublishableKey(), nil })
		if err != nil {
			return err
		}
		config.Keys.Publishable = []string{key}
	}
	a.publishable = config.Keys.Publishable[0]
	if config.DisableAccounts {
		return nil
	}
	var err error
	if a.password, err = db.Setting(ctx, "development_password", func() (string, error) { return rand.Text(), nil }); err != nil {
		return err
	}
	if config.Accounts.Mailer == nil {
		config.Accounts.Autoconfirm = true
	}
	if config.Accounts.Mailer == nil || config.Accounts.SMS == nil {
		folder, err := mail.NewFolder(mailFolder, mail.FolderConfig{Output: os.Stdout})
		if err != nil {
			return err
		}
		a.mails = mailFolder
		useFolder(&config.Accounts, folder)
	}
	if config.Accounts.Limits.Requests == (accounts.Limit{}) {
		config.Accounts.Limits.Requests.Count = -1 // all requests of a developer come from one IP address
	}
	if len(config.Accounts.MasterKeys) > 0 {
		return nil
	}
	text, err := db.Setting(ctx, "development_master_key", func() (string, error) { return hex.EncodeToString(randomKey()), nil })
	if err != nil {
		return err
	}
	key, ok := environment.DecodeKey(text)
	if !ok {
		return errors.New("plinth: the setting development_master_key cannot be read")
	}
	config.Accounts.MasterKeys = [][]byte{key}
	return nil
}

// randomKey returns a master key.
func randomKey() []byte {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return key
}

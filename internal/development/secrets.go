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

// Secrets are the generated values that the banner shows.
type Secrets struct {
	Publishable string // API key
	Password    string // of the account that the banner proposes
	Mails       string // the folder into which mails are written
}

// Complete adds to a configuration what it lacks: a publishable key, a master key, a folder
// for mails, and a password for the banner. Generated secrets are kept in the database.
// Accounts is nil without accounts.
func Complete(ctx context.Context, db *store.DB, keys *auth.Keys, accounts *accounts.Config) (s Secrets, err error) {
	if len(keys.Publishable) == 0 {
		key, err := db.Setting(ctx, "development_publishable_key", func() (string, error) { return auth.NewPublishableKey(), nil })
		if err != nil {
			return s, err
		}
		keys.Publishable = []string{key}
	}
	s.Publishable = keys.Publishable[0]
	if accounts == nil {
		return s, nil
	}
	if s.Password, err = db.Setting(ctx, "development_password", func() (string, error) { return rand.Text(), nil }); err != nil {
		return s, err
	}
	s.Mails, err = completeAccounts(ctx, db, accounts)
	return s, err
}

// completeAccounts returns the folder for mails, if there is one.
func completeAccounts(ctx context.Context, db *store.DB, c *accounts.Config) (mails string, err error) {
	if c.Mailer == nil {
		c.Autoconfirm = true
	}
	if c.Mailer == nil || c.SMS == nil {
		folder, err := mail.NewFolder(mailFolder, mail.FolderConfig{Output: os.Stdout})
		if err != nil {
			return "", err
		}
		mails = mailFolder
		useFolder(c, folder)
	}
	if c.Limits.Requests == (accounts.Limit{}) {
		c.Limits.Requests.Count = -1 // all requests of a developer come from one IP address
	}
	if len(c.MasterKeys) > 0 {
		return mails, nil
	}
	text, err := db.Setting(ctx, "development_master_key", func() (string, error) { return hex.EncodeToString(RandomKey()), nil })
	if err != nil {
		return mails, err
	}
	key, ok := environment.DecodeKey(text)
	if !ok {
		return mails, errors.New("plinth: the setting development_master_key cannot be read")
	}
	c.MasterKeys = [][]byte{key}
	return mails, nil
}

// RandomKey returns a master key.
func RandomKey() []byte {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return key
}

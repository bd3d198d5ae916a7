package outbox_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"testing/fstest"

	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/api/mail/outbox"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// printing is a sender that shows a mail instead of sending it.
type printing struct {
	*mail.Folder
	sent chan mail.Message
}

func (p printing) Deliver(_ context.Context, m mail.Message) error {
	p.sent <- m
	return nil
}

func ExampleNew() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	dir, err := os.MkdirTemp("", "outbox")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := sqlite.Open(ctx, filepath.Join(dir, "app.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := migrate.Auto(ctx, db); err != nil {
		log.Fatal(err)
	}
	templates, err := mail.NewTemplates(mail.TemplatesConfig{Files: fstest.MapFS{
		"en/contact.txt":  {Data: []byte("Subject: Message of {{.name}}\n\n{{.text}}")},
		"en/contact.html": {Data: []byte("<p>{{.text}}</p>")},
	}})
	if err != nil {
		log.Fatal(err)
	}
	folder, err := mail.NewFolder(dir, mail.FolderConfig{Templates: templates})
	if err != nil {
		log.Fatal(err)
	}
	sealer, err := jobs.NewSealer([]byte("32 random bytes from a secret store"))
	if err != nil {
		log.Fatal(err)
	}
	js, err := jobs.New(db, &jobs.Config{Sealer: sealer})
	if err != nil {
		log.Fatal(err)
	}
	sender := printing{folder, make(chan mail.Message)}
	out := outbox.New(js, sender)
	ended := make(chan error)
	go func() { ended <- js.Run(ctx) }()

	err = db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := out.Enqueue(ctx, tx, mail.Message{
			To: "team@example.org", Template: "contact", Values: map[string]string{"name": "Bob", "text": "Hello"},
		})
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	sent := <-sender.sent
	fmt.Println(sent.Template, "for", sent.To, "with an id:", sent.ID != "")
	stop()
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
	// Output: contact for team@example.org with an id: true
}

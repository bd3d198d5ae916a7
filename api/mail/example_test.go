package mail_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"testing/fstest"

	"github.com/seed-7694ebf6/plinth/api/mail"
)

// A server of a provider, by STARTTLS. Nothing is sent unencrypted, and to say so
// for another machine is a mistake.
func ExampleNewSMTP() {
	sender, err := mail.NewSMTP(mail.SMTPConfig{
		Host:     "smtp.example.org",
		Username: "app",
		Password: os.Getenv("SMTP_PASSWORD") + "from the secrets of the program",
		From:     "Example <accounts@example.org>",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer sender.Close()

	_, err = mail.NewSMTP(mail.SMTPConfig{Host: "smtp.example.org", From: "accounts@example.org", InsecurePlain: true})
	fmt.Println(err)
	// Output: mail: InsecurePlain is for a server on the same machine
}

// In development mails are files.
func ExampleNewFolder() {
	dir, err := os.MkdirTemp("", "mail")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	sender, err := mail.NewFolder(dir, mail.FolderConfig{Output: os.Stderr})
	if err != nil {
		log.Fatal(err)
	}
	err = sender.Send(context.Background(), "ann@example.org", "magic_link", "de-AT", map[string]string{
		"link": "https://example.org/auth/v1/verify?token=abc", "site": "https://example.org",
	})
	if err != nil {
		log.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	fmt.Println(len(files), err)
	// Output: 1 <nil>
}

// An application says one mail in its own words and keeps the others.
func ExampleNewTemplates() {
	files := fstest.MapFS{ // or os.DirFS, or an embed.FS
		"en/invite.txt":  {Data: []byte("Subject: Join us\n\nCome in: {{.link}}")},
		"en/invite.html": {Data: []byte(`<p><a class="button" href="{{.link}}">Come in</a></p>`)},
	}
	templates, err := mail.NewTemplates(mail.TemplatesConfig{Files: files})
	if err != nil {
		log.Fatal(err)
	}
	content, err := templates.Render("invite", "en-GB", map[string]string{"link": "https://example.org/verify"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(content.Subject)
	fmt.Println(content.Text)
	// Output:
	// Join us
	// Come in: https://example.org/verify
}

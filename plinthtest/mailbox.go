package plinthtest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// Mail is a mail or a text message that the application has sent.
type Mail struct {
	// ID is the id of the job that sent a mail of the application.
	ID string

	// To is the recipient's e-mail address, or the number of a text message.
	To string

	// Template, Locale and Values are what the application gave. Values of accounts are
	// such as link and code.
	Template, Locale string
	Values           map[string]string
	ReplyTo          string

	// Subject, Text and HTML are the mail as the templates write it. Text is that of a text
	// message.
	Subject, Text, HTML string

	// At is when it was sent, by the clock of the kit.
	At time.Time
}

// Mailbox receives what the application sends. It is safe for concurrent use.
type Mailbox struct {
	kit *Kit

	mu        sync.Mutex
	templates *mail.Templates // nil: the library's own
	mails     []Mail
	taken     map[string]int // by recipient: how many Wait has returned
	refusal   error
}

func newMailbox(k *Kit) *Mailbox { return &Mailbox{kit: k, taken: map[string]int{}} }

// All returns all mails, the oldest first.
func (b *Mailbox) All() []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.mails)
}

// To returns the mails to an e-mail address or a number, the oldest first.
func (b *Mailbox) To(recipient string) []Mail {
	return slices.DeleteFunc(b.All(), func(m Mail) bool { return !strings.EqualFold(m.To, recipient) })
}

// Wait returns the next mail to an e-mail address or a number that it has not returned yet.
// It runs due jobs, and waits up to ten seconds for those that requests enqueue meanwhile.
// Then it ends the test.
func (b *Mailbox) Wait(recipient string) Mail {
	b.kit.tb.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		b.kit.RunJobs()
		if m, ok := b.next(recipient); ok {
			return m
		}
		if time.Now().After(end) {
			b.kit.tb.Fatalf("plinthtest: no mail to %s has come, of %d in all", recipient, len(b.All()))
		}
	}
}

func (b *Mailbox) next(recipient string) (m Mail, ok bool) {
	list := b.To(recipient)
	b.mu.Lock()
	defer b.mu.Unlock()
	key := strings.ToLower(recipient)
	if b.taken[key] >= len(list) {
		return m, false
	}
	b.taken[key]++
	return list[b.taken[key]-1], true
}

// Refuse makes deliveries fail with an error, as if the mail server was down. Nil lets them
// pass again.
func (b *Mailbox) Refuse(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refusal = err
}

// WithTemplates lets the application's own templates write its mails, see
// [plinth.Config].MailTemplates.
func (b *Mailbox) WithTemplates(t *mail.Templates) accounts.Mailer {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.templates = t
	return b
}

// Send implements [accounts.Mailer].
func (b *Mailbox) Send(ctx context.Context, to, template, locale string, values map[string]string) error {
	return b.Deliver(ctx, mail.Message{To: to, Template: template, Locale: locale, Values: values})
}

// SendSMS implements [accounts.SMSSender].
func (b *Mailbox) SendSMS(_ context.Context, to, template, locale string, values map[string]string) error {
	return b.add(Mail{To: to, Template: template, Locale: locale, Values: values, Text: values["text"]})
}

// Check returns the error of a message that cannot be sent.
func (b *Mailbox) Check(m mail.Message) error {
	_, err := b.render(m)
	return err
}

// Deliver keeps a message.
func (b *Mailbox) Deliver(_ context.Context, m mail.Message) error {
	content, err := b.render(m)
	if err != nil {
		return err
	}
	return b.add(Mail{
		ID: m.ID, To: m.To, Template: m.Template, Locale: m.Locale, Values: m.Values, ReplyTo: m.ReplyTo,
		Subject: content.Subject, Text: content.Text, HTML: content.HTML,
	})
}

func (b *Mailbox) render(m mail.Message) (mail.Content, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.templates == nil {
		own, err := mail.NewTemplates(mail.TemplatesConfig{})
		if err != nil {
			return mail.Content{}, err
		}
		b.templates = own
	}
	sender, err := mail.NewFolder("mailbox", mail.FolderConfig{Templates: b.templates}) // writes nothing
	if err != nil {
		return mail.Content{}, err
	}
	if err := sender.Check(m); err != nil {
		return mail.Content{}, err
	}
	values := map[string]string{}
	maps.Copy(values, m.Values)
	values["to"] = m.To
	return b.templates.Render(m.Template, m.Locale, values)
}

func (b *Mailbox) add(m Mail) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refusal != nil {
		return b.refusal
	}
	m.At = b.kit.Now()
	b.mails = append(b.mails, m)
	return nil
}

package mail

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// FolderConfig tunes a [Folder]. The zero value is ready to use.
type FolderConfig struct {
	// From is the sender of the mails.
	//
	// Defaults to "accounts@localhost".
	From string

	// Output gets one line for each mail and message: template, recipient, link or code, and
	// the file.
	//
	// Defaults to none.
	Output io.Writer

	// Templates are the mails.
	//
	// Defaults to the package's own.
	Templates *Templates

	// Now returns the current time.
	//
	// Defaults to [time.Now].
	Now func() time.Time
}

// Validate returns an error if From or Templates is invalid.
func (c FolderConfig) Validate() error {
	_, err := newWriter(cmp.Or(c.From, folderSender), c.Templates, c.Now)
	return err
}

// folderSender is the default sender.
const folderSender = "accounts@localhost"

// Folder is the sender for development: it writes mails as .eml files and text messages as .txt
// files into a folder and sends nothing. The files contain valid links and codes, so only the
// user of the program can read them and the folder. It is safe for concurrent use.
type Folder struct {
	dir    string
	output io.Writer
	writer *writer
}

// NewFolder returns a Folder. The folder is made with the first mail.
func NewFolder(dir string, cfg FolderConfig) (*Folder, error) {
	if dir == "" {
		return nil, errors.New("mail: NewFolder needs a folder")
	}
	cfg.From = cmp.Or(cfg.From, folderSender)
	if cfg.Output == nil {
		cfg.Output = io.Discard
	}
	w, err := newWriter(cfg.From, cfg.Templates, cfg.Now)
	if err != nil {
		return nil, err
	}
	return &Folder{dir: dir, output: cfg.Output, writer: w}, nil
}

// Send writes the mail of a template into the folder.
func (f *Folder) Send(ctx context.Context, to, template, locale string, values map[string]string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l, err := f.writer.write(to, template, locale, values)
	if err != nil {
		return err
	}
	return f.deliver(l, template, values)
}

// Check returns the error that Deliver would return for a message.
func (f *Folder) Check(m Message) error {
	_, err := f.writer.writeMessage(m)
	return err
}

// Deliver writes a message into the folder.
func (f *Folder) Deliver(ctx context.Context, m Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l, err := f.writer.writeMessage(m)
	if err != nil {
		return err
	}
	return f.deliver(l, m.Template, m.Values)
}

func (f *Folder) deliver(l *letter, template string, values map[string]string) error {
	path, err := f.write(template, ".eml", l.writeTo)
	if err != nil {
		return err
	}
	return f.report("mail", l.to, template, path, values)
}

// SendSMS writes a text message, the value text, into the folder: after the line "To:"
// with the number and an empty line.
func (f *Folder) SendSMS(ctx context.Context, to, template, _ string, values map[string]string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	path, err := f.write("sms-"+template, ".txt", func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "To: %s\n\n%s\n", to, values["text"])
		return err
	})
	if err != nil {
		return err
	}
	return f.report("sms", to, template, path, values)
}

// write makes a file of the folder.
func (f *Folder) write(name, extension string, content func(io.Writer) error) (path string, err error) {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return "", fmt.Errorf("mail: %w", err)
	}
	name = f.writer.now().UTC().Format("20060102-150405.000000") + "-" + name + "-" + strings.ToLower(rand.Text()[:6]) + extension
	path = filepath.Join(f.dir, name)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("mail: %w", err)
	}
	if err := errors.Join(content(file), file.Close()); err != nil {
		return "", fmt.Errorf("mail: %w", err)
	}
	return path, nil
}

// report prints a line for a mail or a message.
func (f *Folder) report(what, to, template, path string, values map[string]string) error {
	follow := values["link"]
	if code := values["code"]; code != "" {
		follow = strings.TrimSpace(follow + " code " + code)
	}
	// In one call, so that lines of several mails do not mix.
	_, err := fmt.Fprintf(f.output, "%s: %s for %s: %s (%s)\n", what, template, to, follow, path)
	return err
}

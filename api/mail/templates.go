package mail

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	texttemplate "text/template"

	"golang.org/x/text/language"
)

//go:embed templates
var embedded embed.FS

// TemplatesConfig tunes [Templates]. The zero value has the package's own.
type TemplatesConfig struct {
	// Files are the application's own templates, in the places that the package
	// comment says.
	Files fs.FS

	// Locale is the language for readers with an unknown language and for those with a language
	// that has no templates.
	//
	// Defaults to "en".
	Locale string
}

// Validate reads the templates and returns the mistakes that [NewTemplates] would report.
func (c TemplatesConfig) Validate() error {
	_, err := NewTemplates(c)
	return err
}

// Templates are the mails of an application. They are read once, when they are made,
// and are safe for concurrent use.
type Templates struct {
	mails map[string]*translations
}

// translations are one mail in the languages it is there in. The first one is that of
// readers of other languages.
type translations struct {
	matcher language.Matcher
	tags    []language.Tag
	mails   []*translation
}

// translation is one mail in one language.
type translation struct {
	name    string // as "en/confirmation"
	locale  string
	subject *texttemplate.Template
	text    *texttemplate.Template
	html    *htmltemplate.Template
}

// Content is what a mail says.
type Content struct {
	Subject string
	Text    string
	HTML    string
	Locale  string // of the language it is in
}

// NewTemplates reads and tries templates. The error names every file with a mistake.
func NewTemplates(cfg TemplatesConfig) (*Templates, error) {
	own, err := fs.Sub(embedded, "templates")
	if err != nil {
		return nil, err
	}
	files := layers{own}
	if cfg.Files != nil {
		if _, err := fs.Stat(cfg.Files, "."); err != nil {
			return nil, fmt.Errorf("mail: templates: %w", err)
		}
		files = layers{cfg.Files, own}
	}
	if cfg.Locale == "" {
		cfg.Locale = fallback
	}
	locales, err := files.locales(cfg.Locale)
	if err != nil {
		return nil, err
	}
	t := &Templates{mails: make(map[string]*translations)}
	var wrong []error
	for _, locale := range locales {
		names, err := files.mails(locale)
		wrong = append(wrong, err)
		for _, name := range names {
			mail, err := files.parse(locale, name)
			if err != nil {
				wrong = append(wrong, fmt.Errorf("mail: template %s/%s: %w", locale, name, err))
				continue
			}
			if t.mails[name] == nil {
				t.mails[name] = new(translations)
			}
			t.mails[name].add(mail)
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	for _, mail := range t.mails {
		mail.matcher = language.NewMatcher(mail.tags)
	}
	return t, t.try(files.known())
}

func (t *translations) add(mail *translation) {
	t.tags = append(t.tags, language.Make(mail.locale))
	t.mails = append(t.mails, mail)
}

// Names returns the names of the mails there are, sorted.
func (t *Templates) Names() []string { return slices.Sorted(maps.Keys(t.mails)) }

// Render returns what the mail of a template says in the language that is best for
// locale, a BCP 47 tag or what a browser sends as Accept-Language. The value "to" is the
// recipient. It refuses values with control characters, and links that are not http or https.
func (t *Templates) Render(template, locale string, values map[string]string) (Content, error) {
	if err := checkValues(values); err != nil {
		return Content{}, err
	}
	return t.render(values["to"], template, locale, values)
}

// OfAccounts reports whether a template is one of the mails of accounts. An application's own
// mail needs another name.
func OfAccounts(template string) bool { return slices.Contains(ofAccounts(), template) }

var ofAccounts = sync.OnceValue(func() []string {
	own, err := fs.Sub(embedded, "templates")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return layers{own}.known()
})

// maxLocale is how much of a locale is looked at, in bytes.
const maxLocale = 100

func (t *Templates) render(to, template, locale string, values map[string]string) (Content, error) {
	all, ok := t.mails[template]
	if !ok {
		return Content{}, fmt.Errorf("mail: there is no template %q", template)
	}
	_, best := language.MatchStrings(all.matcher, locale[:min(len(locale), maxLocale)])
	return all.mails[best].render(to, values)
}

func (t *translation) render(to string, values map[string]string) (Content, error) {
	data := maps.Clone(samples)
	for name := range data {
		data[name] = ""
	}
	maps.Copy(data, values)
	data["to"], data["locale"] = to, t.locale
	var subject, text, html strings.Builder
	if err := t.subject.Execute(&subject, data); err != nil {
		return Content{}, t.failed("subject", err)
	}
	if !line(subject.String()) || len(subject.String()) > maxSubject || subject.Len() == 0 {
		return Content{}, t.failed("subject", errors.New("it is empty, too long or more than one line"))
	}
	data["subject"] = subject.String()
	if err := t.text.Execute(&text, data); err != nil {
		return Content{}, t.failed("text", err)
	}
	if err := t.html.Execute(&html, data); err != nil {
		return Content{}, t.failed("HTML", err)
	}
	return Content{Subject: subject.String(), Text: text.String(), HTML: html.String(), Locale: t.locale}, nil
}

func (t *translation) failed(part string, err error) error {
	return fmt.Errorf("mail: template %s: %s: %w", t.name, part, err)
}

// samples are the values that mails of accounts come with, which templates may use,
// as some mail could have them.
var samples = map[string]string{
	"link": "https://example.org/auth/v1/verify?token=a&type=b", "code": "123456", "email": "ann@example.org", "new_email": "bob@example.org",
	"site": "https://example.org", "expires": "1h0m0s", "change": "password",
}

// try executes every mail that the package knows the values of: templates fail late
// otherwise.
func (t *Templates) try(known []string) error {
	var wrong []error
	for _, name := range known {
		for _, mail := range t.mails[name].mails {
			for _, values := range []map[string]string{samples, nil} {
				if _, err := mail.render("ann@example.org", values); err != nil {
					wrong = append(wrong, fmt.Errorf("%w (it is a mail of accounts, and a mail of your own needs another name)", err))
					break
				}
			}
		}
	}
	return errors.Join(wrong...)
}

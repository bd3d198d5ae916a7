package mail

import (
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"slices"
	"strings"
	texttemplate "text/template"
	"time"

	"golang.org/x/text/language"
)

// fallback is the language in which every mail of the package is there.
const fallback = "en"

// layers are folders of templates. A file of one hides those of the ones behind.
type layers []fs.FS

// read returns a file, nil if it does not exist.
func (l layers) read(name string) ([]byte, error) {
	for _, folder := range l {
		raw, err := fs.ReadFile(folder, name)
		if !errors.Is(err, fs.ErrNotExist) {
			return raw, err
		}
	}
	return nil, nil
}

// list returns the names in a folder of all layers, sorted.
func (l layers) list(folder string) (names []string, err error) {
	for _, layer := range l {
		entries, err := fs.ReadDir(layer, folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, entry := range entries {
			if folder != "." || entry.IsDir() {
				names = append(names, entry.Name())
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// locales returns the languages there are, in the order in which they are for readers
// of other ones.
func (l layers) locales(first string) ([]string, error) {
	names, err := l.list(".")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, err := language.Parse(name); err != nil {
			return nil, fmt.Errorf("mail: template folder %q: the name must be a language tag such as en", name)
		}
	}
	if !slices.Contains(names, first) {
		return nil, fmt.Errorf("mail: there are no templates in %q", first)
	}
	rest := slices.DeleteFunc(names, func(name string) bool { return name == first || name == fallback })
	return slices.Compact(append([]string{first, fallback}, rest...)), nil
}

// mails returns the names of the mails in a language.
func (l layers) mails(locale string) (names []string, err error) {
	files, err := l.list(locale)
	for _, file := range files {
		name, text := strings.CutSuffix(file, ".txt")
		switch html, ok := strings.CutSuffix(file, ".html"); {
		case text && slices.Contains(files, name+".html"):
			names = append(names, name)
		case text:
			err = errors.Join(err, fmt.Errorf("mail: template %s/%s has no HTML", locale, name))
		case ok && !slices.Contains(files, html+".txt"):
			err = errors.Join(err, fmt.Errorf("mail: template %s/%s has no text", locale, html))
		}
	}
	return names, err
}

// known returns the mails that the package has itself.
func (l layers) known() []string {
	names, _ := l[len(l)-1:].mails(fallback)
	return names
}

// parse reads a mail in a language.
func (l layers) parse(locale, name string) (*translation, error) {
	var parts [4]string
	for i, file := range []string{"layout.html", locale + "/common.tmpl", locale + "/" + name + ".txt", locale + "/" + name + ".html"} {
		raw, err := l.read(file)
		if err != nil {
			return nil, err
		}
		parts[i] = strings.ReplaceAll(string(raw), "\r\n", "\n")
	}
	layout, common, text, html := parts[0], parts[1], parts[2], parts[3]
	head, body, found := strings.Cut(text, "\n\n")
	subject, ok := strings.CutPrefix(head, "Subject: ")
	if !found || !ok || strings.Contains(subject, "\n") {
		return nil, errors.New(`the text must begin with "Subject: ..." and an empty line`)
	}
	t := &translation{name: locale + "/" + name, locale: locale}
	shared, err := texttemplate.New("common").Funcs(functions).Option(strictly).Parse(common)
	if err != nil {
		return nil, err
	}
	if t.text, err = shared.New("text").Parse(body); err != nil {
		return nil, err
	}
	if t.subject, err = shared.New("subject").Parse(subject); err != nil {
		return nil, err
	}
	t.html, err = htmltemplate.New("layout").Funcs(functions).Option(strictly).Parse(layout)
	if err == nil {
		_, err = t.html.New("common").Parse(common)
	}
	if err == nil {
		_, err = t.html.New("content").Parse(html)
	}
	return t, err
}

// strictly makes a value that does not exist an error.
const strictly = "missingkey=error"

// functions are what templates can call. They take a duration as "1h0m0s".
var functions = map[string]any{
	// hours returns the whole hours of a duration of at least two, 0 otherwise.
	"hours": func(text string) int {
		if d := duration(text); d >= 2*time.Hour {
			return int(d / time.Hour)
		}
		return 0
	},
	// minutes returns the minutes of a duration, rounded up.
	"minutes": func(text string) int { return int((duration(text) + time.Minute - 1) / time.Minute) },
}

// duration reads a duration, 0 for an invalid one.
func duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0
	}
	return d
}

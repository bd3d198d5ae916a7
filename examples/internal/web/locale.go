package web

import (
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/go-playground/locales"
	"github.com/go-playground/locales/de"
	"github.com/go-playground/locales/en"
	"github.com/go-playground/locales/en_GB"
	"github.com/go-playground/locales/es"
	"github.com/go-playground/locales/fr"
	"github.com/go-playground/locales/it"
	"github.com/go-playground/locales/ja"
	"github.com/go-playground/locales/nl"
	"github.com/go-playground/locales/pl"
	"github.com/go-playground/locales/pt_BR"
	"golang.org/x/text/language"

	"github.com/seed-7694ebf6/plinth/store"
)

// writing is how one language writes numbers and times, and where it puts the symbol of a
// currency.
type writing struct {
	locales.Translator
	currency string // with the number as # and the symbol as $
}

// writings are the supported languages, with the default first.
var writings = []writing{
	{en.New(), "$#"},
	{en_GB.New(), "$#"},
	{de.New(), "# $"},
	{es.New(), "# $"},
	{fr.New(), "# $"},
	{it.New(), "# $"},
	{ja.New(), "$#"},
	{nl.New(), "$ #"},
	{pl.New(), "# $"},
	{pt_BR.New(), "$ #"},
}

var matcher = func() language.Matcher {
	var tags []language.Tag
	for _, w := range writings {
		tags = append(tags, language.Make(w.Locale()))
	}
	return language.NewMatcher(tags)
}()

// Locale writes money, numbers and times as the reader expects them. The texts of pages are
// English.
type Locale struct {
	writing writing
	zone    *time.Location
}

// LocaleOf returns the locale of a request: the languages of the browser (Accept-Language),
// and the time zone of the cookie that static/zone.js sets, else UTC.
func LocaleOf(r *http.Request) Locale {
	_, i := language.MatchStrings(matcher, r.Header.Get("Accept-Language"))
	l := Locale{writings[i], time.UTC}
	if c, err := r.Cookie("zone"); err == nil && len(c.Value) < 64 && c.Value != "Local" {
		if zone, err := time.LoadLocation(c.Value); err == nil {
			l.zone = zone
		}
	}
	return l
}

// Number writes a whole number.
func (l Locale) Number(n int64) string { return l.writing.FmtNumber(float64(n), 0) }

// currencies are the supported currencies with the digits of their minor units.
var currencies = map[string]struct {
	symbol string
	digits int
}{
	"CHF": {"CHF\u00a0", 2}, "EUR": {"€", 2}, "GBP": {"£", 2}, "JPY": {"¥", 0}, "USD": {"$", 2},
}

// Money writes an amount in minor units of a currency, such as cents. Amounts up to 2^53 are
// exact.
func (l Locale) Money(minor int64, code string) string {
	c, known := currencies[code]
	if !known {
		c.symbol = code + "\u00a0"
	}
	number := l.writing.FmtNumber(math.Abs(float64(minor))/math.Pow10(c.digits), uint64(c.digits))
	text := strings.NewReplacer(" ", "\u00a0", "#", number, "$", c.symbol).Replace(l.writing.currency)
	text = strings.TrimSpace(text)
	if minor < 0 {
		return "-" + text
	}
	return text
}

// Moment is a time for the template "time".
type Moment struct{ ISO, Text string }

// Time writes date and time in the reader's zone, which is named if it is UTC.
func (l Locale) Time(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	t = t.In(l.zone)
	text := l.writing.FmtDateMedium(t) + ", " + l.writing.FmtTimeShort(t)
	if l.zone == time.UTC {
		text += " UTC"
	}
	return Moment{t.Format(time.RFC3339), text}
}

// Date writes the day in the reader's zone.
func (l Locale) Date(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	t = t.In(l.zone)
	return Moment{t.Format(time.DateOnly), l.writing.FmtDateMedium(t)}
}

// Day writes a day of the calendar, which is the same in all zones.
func (l Locale) Day(d store.Date) Moment {
	return Moment{d.String(), l.writing.FmtDateMedium(d.Time())}
}

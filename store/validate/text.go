package validate

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-playground/validator/v10"
)

// place says which part of the value breaks a rule: "item 2: ", or the path in
// a struct without the struct's own name.
func place(namespace string) string {
	if namespace == "" {
		return ""
	}
	if index, ok := strings.CutPrefix(namespace, "["); ok {
		index, _, _ = strings.Cut(index, "]")
		n, err := strconv.Atoi(index)
		if err != nil {
			return index + ": "
		}
		return "item " + strconv.Itoa(n+1) + ": "
	}
	if _, path, ok := strings.Cut(namespace, "."); ok {
		return path + ": "
	}
	return ""
}

// describe says in words what a rule asks for.
func describe(e validator.FieldError) string {
	rule, param := e.Tag(), e.Param()
	if text, ok := sizeText(e, rule, param); ok {
		return text
	}
	if text, ok := fixedTexts[rule]; ok {
		return text
	}
	if text, ok := paramTexts[rule]; ok {
		return text + " " + param
	}
	switch rule {
	case "oneof", "oneofci":
		return "must be one of: " + choices(param)
	case "noneof", "noneofci":
		return "must be none of: " + choices(param)
	case "unique":
		return "must not have the same item twice"
	}
	if strings.HasPrefix(rule, "uuid") {
		return "must be a UUID"
	}
	if param != "" {
		rule += "=" + param
	}
	return "does not satisfy the rule " + rule
}

// limits are the rules that measure a value. For text and lists gt and lt are
// said with the next number, as people count.
var limits = map[string]struct {
	words string
	shift int
}{
	"len": {"exactly", 0},
	"min": {"at least", 0},
	"gte": {"at least", 0},
	"gt":  {"at least", +1},
	"max": {"at most", 0},
	"lte": {"at most", 0},
	"lt":  {"at most", -1},
}

// numberWords are limits for numbers.
var numberWords = map[string]string{
	"len": "must be", "min": "must be at least", "gte": "must be at least", "gt": "must be greater than",
	"max": "must be at most", "lte": "must be at most", "lt": "must be less than",
}

// timeTexts are limits for times, which are compared with now.
var timeTexts = map[string]string{
	"gt": "must be in the future", "gte": "must not be in the past",
	"lt": "must be in the past", "lte": "must not be in the future",
}

func sizeText(e validator.FieldError, rule, param string) (string, bool) {
	limit, ok := limits[rule]
	if !ok {
		return "", false
	}
	switch e.Kind() {
	case reflect.Struct:
		text, ok := timeTexts[rule]
		return text, ok
	case reflect.String:
		return counted("must be ", limit.words, param, limit.shift, "character"), true
	case reflect.Slice, reflect.Array, reflect.Map:
		if e.Type().Elem().Kind() == reflect.Uint8 {
			return counted("must be ", limit.words, param, limit.shift, "byte"), true
		}
		return counted("must have ", limit.words, param, limit.shift, "item"), true
	}
	return numberWords[rule] + " " + param, true
}

// counted says a number of things.
func counted(verb, words, param string, shift int, unit string) string {
	n, err := strconv.Atoi(param)
	if err != nil {
		return verb + words + " " + param + " " + unit + "s"
	}
	if n += shift; n != 1 {
		unit += "s"
	}
	return verb + words + " " + strconv.Itoa(n) + " " + unit
}

// choice is one word of a list, which may be quoted.
var choice = regexp.MustCompile(`'[^']*'|\S+`)

func choices(param string) string {
	list := choice.FindAllString(param, -1)
	for i, c := range list {
		list[i] = strings.Trim(c, "'")
	}
	return strings.Join(list, ", ")
}

// paramTexts stand before the parameter.
var paramTexts = map[string]string{
	"eq":             "must be",
	"eq_ignore_case": "must be",
	"ne":             "must not be",
	"ne_ignore_case": "must not be",
	"contains":       "must contain",
	"containsany":    "must contain one of the characters",
	"containsrune":   "must contain",
	"excludes":       "must not contain",
	"excludesall":    "must contain none of the characters",
	"excludesrune":   "must not contain",
	"startswith":     "must start with",
	"endswith":       "must end with",
	"startsnotwith":  "must not start with",
	"endsnotwith":    "must not end with",
	"datetime":       "must be a time in the form",
}

// fixedTexts are for rules without a parameter.
var fixedTexts = map[string]string{
	"required":           "is required",
	"isdefault":          "must not be set",
	"alpha":              "must only have letters A to Z",
	"alphaspace":         "must only have letters A to Z and spaces",
	"alphanum":           "must only have letters A to Z and digits",
	"alphanumspace":      "must only have letters A to Z, digits and spaces",
	"alphaunicode":       "must only have letters",
	"alphanumunicode":    "must only have letters and digits",
	"ascii":              "must only have ASCII characters",
	"printascii":         "must only have printable ASCII characters",
	"lowercase":          "must be in lower case",
	"uppercase":          "must be in upper case",
	"boolean":            "must be true or false",
	"number":             "must only have digits",
	"numeric":            "must be a number",
	"hexadecimal":        "must be a hexadecimal number",
	"hexcolor":           "must be a color such as #1e90ff",
	"iscolor":            "must be a color",
	"email":              "must be an email address",
	"e164":               "must be a phone number such as +4930123456",
	"url":                "must be a URL",
	"http_url":           "must be a URL that starts with http:// or https://",
	"https_url":          "must be a URL that starts with https://",
	"uri":                "must be a URI",
	"hostname":           "must be a host name",
	"hostname_rfc1123":   "must be a host name",
	"hostname_port":      "must be a host name and a port",
	"port":               "must be a port number",
	"fqdn":               "must be a full domain name",
	"ip":                 "must be an IP address",
	"ipv4":               "must be an IPv4 address",
	"ipv6":               "must be an IPv6 address",
	"cidr":               "must be a network in CIDR form",
	"cidrv4":             "must be an IPv4 network in CIDR form",
	"cidrv6":             "must be an IPv6 network in CIDR form",
	"mac":                "must be a MAC address",
	"base64":             "must be in Base64",
	"base64url":          "must be in URL-safe Base64",
	"base64rawurl":       "must be in URL-safe Base64 without padding",
	"json":               "must be JSON",
	"jwt":                "must be a JSON Web Token",
	"ulid":               "must be a ULID",
	"semver":             "must be a semantic version",
	"timezone":           "must be the name of a time zone",
	"latitude":           "must be a latitude",
	"longitude":          "must be a longitude",
	"country_code":       "must be a country code",
	"iso3166_1_alpha2":   "must be a country code of two letters",
	"iso3166_1_alpha3":   "must be a country code of three letters",
	"iso4217":            "must be a currency code",
	"bcp47_language_tag": "must be a language tag",
	"isbn":               "must be an ISBN",
	"isbn10":             "must be an ISBN of 10 digits",
	"isbn13":             "must be an ISBN of 13 digits",
	"issn":               "must be an ISSN",
	"credit_card":        "must be a credit card number",
	"cron":               "must be a cron expression",
}

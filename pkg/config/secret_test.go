package config_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/config"
)

func TestSecretFile(t *testing.T) {
	tests := map[string]struct {
		content string
		also    string // a further variable
		want    string
		fault   string // part of the error's text
	}{
		"plain":             {content: "open sesame", want: "open sesame"},
		"line end":          {content: "open sesame\n", want: "open sesame"},
		"DOS line end":      {content: "open sesame\r\n", want: "open sesame"},
		"only one is cut":   {content: "open sesame\n\n", want: "open sesame\n"},
		"blanks are kept":   {content: " open ", want: " open "},
		"as long as can be": {content: strings.Repeat("x", 64<<10), want: strings.Repeat("x", 64<<10)},
		"too long":          {content: strings.Repeat("x", 64<<10+1), fault: "longer than 65536 bytes"},
		"empty":             {content: "\n", fault: "the file is empty"},
		"value unset":       {content: "open sesame", also: "BREEZEWAY_PASSWORD=", want: "open sesame"},
		"both set":          {content: "open sesame", also: "BREEZEWAY_PASSWORD=x", fault: `BREEZEWAY_PASSWORD="[hidden]": set together with BREEZEWAY_PASSWORD_FILE. Set one of the two`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			c, warnings, err := config.Load([]string{"BREEZEWAY_PASSWORD_FILE=" + path, test.also})
			if len(warnings) != 0 {
				t.Errorf("want no warning, got %v", warnings)
			}
			if test.fault != "" {
				if err == nil || !strings.Contains(err.Error(), test.fault) || strings.Contains(err.Error(), "sesame") {
					t.Errorf("want a fault with %q, got %v", test.fault, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Speaker.Password.Reveal(); test.want != got {
				t.Errorf("want %q, got %q", test.want, got)
			}
		})
	}
}

func TestRulesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rules")
	if err := os.WriteFile(path, []byte("a: skip\nb: password=sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var read string
	check := config.Check{Name: "BREEZEWAY_RULES", Read: func(v string) error { read = v; return nil }}
	c, _, err := config.Load([]string{"BREEZEWAY_RULES_FILE=" + path}, check)
	if err != nil {
		t.Fatal(err)
	}
	if want := "a: skip\nb: password=sesame"; c.Rules.Reveal() != want || read != want {
		t.Errorf("want %q, got %q, checked %q", want, c.Rules.Reveal(), read)
	}
}

func TestSecretFileMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none")
	_, _, err := config.Load([]string{"BREEZEWAY_PASSWORD_FILE=" + path})
	if err == nil || !strings.Contains(err.Error(), "BREEZEWAY_PASSWORD_FILE=") || !strings.Contains(err.Error(), path) {
		t.Errorf("want a fault that names the variable and the path, got %v", err)
	}
}

func TestSecretDoesNotShow(t *testing.T) {
	c, _, err := config.Load([]string{"BREEZEWAY_PASSWORD=sesame"})
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprint(*c), fmt.Sprintf("%+v", *c), fmt.Sprintf("%#v", *c), fmt.Sprintf("%q", c.Speaker.Password), string(encoded)} {
		if strings.Contains(shown, "sesame") {
			t.Errorf("the secret shows in %s", shown)
		}
	}
}

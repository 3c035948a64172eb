package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/daemon"
	"github.com/breezeway-audio/breezeway/pkg/ports"
	"github.com/breezeway-audio/breezeway/pkg/sim/golden"
)

//go:generate go test -run TestDocument -update .

// The document has the plan of ports as it is with no variable set.
func TestDocument(t *testing.T) {
	c, _, err := config.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	golden.Table(t, "../../docs/PORTS.md", "ports", ports.Markdown(ports.Plan(daemon.PortSettings(c))))
}

// Every variable of the plan is one, and every variable of ports is in the plan.
func TestPlanNamesVariables(t *testing.T) {
	var want []string
	for _, v := range config.Variables() {
		if strings.Contains(v.Name, "PORT") || strings.Contains(v.Name, "LISTEN") {
			want = append(want, v.Name)
		}
	}
	var got []string
	for _, r := range ports.Plan(ports.Settings{}) {
		if r.Variable != "" {
			got = append(got, r.Variable)
		}
	}
	if !slices.Equal(want, got) {
		t.Errorf("want %v, got %v", want, got)
	}
}

func TestDispatch(t *testing.T) {
	tests := map[string]struct {
		args        []string
		want        int
		out, errOut string // parts
	}{
		"version":             {[]string{"version"}, exitOK, "breezeway ", ""},
		"as an option":        {[]string{"--version"}, exitOK, "breezeway ", ""},
		"too many words":      {[]string{"version", "please"}, exitUsage, "", "version takes no arguments"},
		"no such command":     {[]string{"dance"}, exitUsage, "", "unknown command"},
		"help":                {[]string{"help"}, exitOK, "[--format text|markdown|json]", ""},
		"ports":               {[]string{"ports"}, exitOK, "PURPOSE", ""},
		"ports as Markdown":   {[]string{"ports", "--format", "markdown"}, exitOK, "| State now |", ""},
		"ports as JSON":       {[]string{"ports", "--format=json"}, exitOK, `"firewalls": [`, ""},
		"ports as a picture":  {[]string{"ports", "--format", "png"}, exitUsage, "", "not known"},
		"ports of something":  {[]string{"ports", "plex"}, exitUsage, "", "does not take"},
		"ports asks for help": {[]string{"ports", "-h"}, exitOK, "", "--format"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			got := dispatch(t.Context(), test.args, &out, &errOut)
			if test.want != got || !strings.Contains(out.String(), test.out) || !strings.Contains(errOut.String(), strings.TrimPrefix(test.errOut, "-")) {
				t.Errorf("want %d, %q and %q, got %d\n%s\n%s", test.want, test.out, test.errOut, got, &out, &errOut)
			}
		})
	}
}

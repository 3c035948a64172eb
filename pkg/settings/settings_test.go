package settings_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

func TestTableIsComplete(t *testing.T) {
	seen := make(map[string]bool)
	for _, row := range settings.Table {
		name := row.Variable + " " + row.Key
		switch {
		case row.Doc == "" || strings.HasSuffix(row.Doc, "."):
			t.Errorf("%s: want a sentence without its full stop, got %q", name, row.Doc)
		case row.Variable != "" && row.Values() == "", row.Key != "" && row.RuleValues() == "":
			t.Errorf("%s: want what it takes", name)
		case row.Key == "" && len(row.Choices()) == 0:
			t.Errorf("%s: want a key or words that stand alone", name)
		case seen[row.Key], row.Variable != "" && seen[row.Variable]:
			t.Errorf("%s: want it once", name)
		}
		seen[row.Key], seen[row.Variable] = true, true
	}
	if len(settings.Table) > 64 {
		t.Error("want no more rows than rule.Settings has bits")
	}
}

// Each row sets, writes, and copies one field: the same one.
func TestRowsAreOfOneField(t *testing.T) {
	values := map[string]string{
		"": "skip", "rename": "a", "codec": "wav", "flac-block": "576", "mp3-bitrate": "192", "length": "fake", "latency": "2s",
		"preroll": "1s", "delay-ms": "7", "sync": "on", "drift": "off", "pause": "silence", "takeover": "always", "volume-max": "60",
		"volume-min": "10", "volume-start": "30", "volume-curve": "db", "volume-fixed": "on", "skip-native": "off", "password": "x",
		"artwork": "off", "restore": "on",
	}
	for _, row := range settings.Table {
		t.Run(row.Key, func(t *testing.T) {
			base := settings.Default()
			set, copied := base, base
			if err := row.SetByRule(&set, values[row.Key]); err != nil {
				t.Fatal(err)
			}
			if n := differences(base, set); n != 1 {
				t.Errorf("want one field set, got %d", n)
			}
			if row.Copy(&copied, &set); copied != set {
				t.Errorf("want %+v copied, got %+v", set, copied)
			}
			want := values[row.Key]
			if row.Secret() {
				want = settings.Hidden
			}
			if got := row.Text(&set); want != got {
				t.Errorf("want %q, got %q", want, got)
			}
		})
	}
}

// differences counts the fields that differ, of Volume each.
func differences(a, b settings.Speaker) int {
	volumes := fieldsThatDiffer(a.Volume, b.Volume)
	a.Volume, b.Volume = settings.Volume{}, settings.Volume{}
	return volumes + fieldsThatDiffer(a, b)
}

func fieldsThatDiffer(a, b any) int {
	n := 0
	for field, v := range reflect.ValueOf(a).Fields() {
		if v.Interface() != reflect.ValueOf(b).FieldByIndex(field.Index).Interface() {
			n++
		}
	}
	return n
}

package rule_test

import (
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/rule"
)

// A setting takes what the variable for all speakers takes.
func TestSettingsTakeWhatVariablesTake(t *testing.T) {
	values := map[string][]string{
		"codec":        {"auto", "flac", "wav", "l16", "mp3", "aac"},
		"length":       {"auto", "none", "chunked", "fake", "long"},
		"flac-block":   {"191", "192", "4608", "4609"},
		"mp3-bitrate":  {"128", "192", "256", "320", "160"},
		"latency":      {"99ms", "100ms", "8s", "8001ms"},
		"preroll":      {"-1s", "0s", "10s", "10001ms"},
		"volume-max":   {"-1", "0", "100", "101"},
		"volume-min":   {"-1", "0", "100", "101"},
		"volume-start": {"-1", "0", "100", "101"},
		"volume-curve": {"linear", "db", "log"},
		"takeover":     {"never", "same", "always", "some"},
		"pause":        {"stop", "silence", "go"},
		"drift":        {"auto", "off", "on"},
	}
	variables := map[string]string{
		"codec": "CODEC", "length": "HTTP_LENGTH", "flac-block": "FLAC_BLOCK", "mp3-bitrate": "MP3_BITRATE",
		"latency": "LATENCY", "preroll": "PREROLL", "volume-max": "VOLUME_MAX", "volume-min": "VOLUME_MIN",
		"volume-start": "VOLUME_START", "volume-curve": "VOLUME_CURVE", "takeover": "TAKEOVER", "pause": "PAUSE", "drift": "DRIFT",
	}
	for word, list := range values {
		for _, value := range list {
			_, _, variable := config.Load([]string{config.Prefix + variables[word] + "=" + value})
			_, setting := rule.Parse("*: " + word + "=" + value)
			if (variable == nil) != (setting == nil) {
				t.Errorf("%s=%s: want the same of both, got %v for all and %v by rule", word, value, variable, setting)
			}
		}
	}
}

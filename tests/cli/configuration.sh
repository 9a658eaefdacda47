# The command line overrides the environment, which overrides the file, which overrides the default; --print-config shows it.
. "$(dirname "$0")/lib.sh"
printf 'color: never\nequalize:\n  channels: each\n  memory: 64M\n  force: yes\n' >c.yaml
export ECE465_CONFIG=c.yaml ECE465_EQUALIZE_MEMORY=32M ECE465_THREADS=3
run equalize --print-config --threads 2
expect_code 0
cat >expected <<'C'
color: never      # c.yaml:1
log-level: info   # default
log-format: text  # default
kernel: auto      # default
equalize:
  # output:         # not set
  force: yes        # c.yaml:5
  channels: each    # c.yaml:3
  # quality:        # not set
  recursive: false  # default
  threads: 2        # --threads
  memory: 32M       # ECE465_EQUALIZE_MEMORY
  json: false       # default
  quiet: false      # default
  # plot:           # not set
C
sed -i 's/ *#/ #/' out expected
expect_same out expected
# Its output is a valid configuration file.
cp out again.yaml
run equalize --print-config --config again.yaml
expect_out 'channels: each    # again.yaml'
# Without a command, all are shown.
run --print-config
for command in equalize histogram version; do expect_out "$command:"; done
# The settings take effect.
small a.png --color rgb
echo old >a_equalized.png
run equalize a.png
expect_code 0
expect_out 'red '
printf 'equalize:\n  chanels: each\n' >c.yaml
run equalize a.png
expect_code 2
expect_err 'c.yaml:2: equalize has no option chanels; did you mean channels?'
run version --config none.yaml
expect_code 2

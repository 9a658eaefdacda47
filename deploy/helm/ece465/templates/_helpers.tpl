{{/* The chart's name, truncated to a label's maximum length. */}}
{{- define "ece465.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The prefix of all object names. Truncated so that a role's name can follow: service names have at most 63 characters. */}}
{{- define "ece465.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 48 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 48 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 48 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "ece465.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "ece465.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Selector labels of a role's pods; must never change. Called with (list $ "worker"). */}}
{{- define "ece465.selectorLabels" -}}
{{- $ := index . 0 -}}
app.kubernetes.io/name: {{ include "ece465.name" $ }}
app.kubernetes.io/instance: {{ $.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Labels of a role's objects. Called with (list $ "worker"). */}}
{{- define "ece465.labels" -}}
{{- $ := index . 0 -}}
{{ include "ece465.selectorLabels" . }}
app.kubernetes.io/version: {{ $.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: ece465
app.kubernetes.io/managed-by: {{ $.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $.Chart.Name $.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with $.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Metadata of a role's object. Called with (list $ "worker" "its-name" (dict of annotations)). */}}
{{- define "ece465.metadata" -}}
{{- $ := index . 0 -}}
{{- $annotations := merge (dict) (index . 3 | default dict) $.Values.commonAnnotations -}}
name: {{ index . 2 }}
labels:
  {{- include "ece465.labels" (list $ (index . 1)) | nindent 2 }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A role's image. Called with (list $ .Values.worker). */}}
{{- define "ece465.image" -}}
{{- $ := index . 0 -}}
{{- $own := (index . 1).image | default dict -}}
{{- $repository := $own.repository | default $.Values.image.repository -}}
{{- $tag := $own.tag | default $.Values.image.tag | default $.Chart.AppVersion -}}
image: {{ printf "%s:%s" $repository $tag | quote }}
imagePullPolicy: {{ $own.pullPolicy | default $.Values.image.pullPolicy }}
{{- end }}

{{/* The part of a pod's spec that all roles share, without containers. Called with (list $ .Values.worker). */}}
{{- define "ece465.podCommon" -}}
{{- $ := index . 0 -}}
{{- $role := index . 1 -}}
serviceAccountName: {{ include "ece465.serviceAccountName" $ }}
automountServiceAccountToken: false
# Otherwise Kubernetes sets variables for each service that look like settings (ECE465_WORKER_PORT=tcp://...).
enableServiceLinks: false
{{- with $.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml $.Values.podSecurityContext | nindent 2 }}
{{- with $role.terminationGracePeriodSeconds }}
terminationGracePeriodSeconds: {{ . }}
{{- end }}
{{- with $role.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $role.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $role.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $role.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* Labels and annotations of a role's pods. Called with (list $ "worker" .Values.worker (dict of annotations)). */}}
{{- define "ece465.podMetadata" -}}
{{- $ := index . 0 -}}
{{- $role := index . 2 -}}
labels:
  {{- include "ece465.labels" (list $ (index . 1)) | nindent 2 }}
  {{- with $role.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) ($role.podAnnotations | default dict) (index . 3) $.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Spreads a role's pods, by its own labels unless a constraint names others. Called with (list $ "worker" constraints). */}}
{{- define "ece465.spread" -}}
{{- $selector := dict "matchLabels" (include "ece465.selectorLabels" (list (index . 0) (index . 1)) | fromYaml) -}}
{{- range index . 2 }}
- {{ toYaml (merge (dict) . (dict "labelSelector" $selector)) | indent 2 | trim }}
{{- end }}
{{- end }}

{{/* Changes whenever the configuration does. */}}
{{- define "ece465.configChecksum" -}}
checksum/config: {{ toYaml .Values.config | sha256sum }}
{{- end }}

{{- define "ece465.master.url" -}}
http://{{ include "ece465.fullname" . }}-master:{{ .Values.master.service.httpPort }}
{{- end }}

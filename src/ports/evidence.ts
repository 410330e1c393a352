/** Where what was found during a run is kept as files, for people and auditors: one folder a run. */

export type Kept = {
  /** Where it stands, for people. */
  file: string;
  bytes: number;
  /** SHA-256 of its bytes, hex: it stands in the journal, so a file that was changed later is known. */
  sha256: string;
};

export interface EvidenceStore {
  /** Writes the file whole, or not at all; one of this name is replaced. Errors: `IntegrationError`. */
  keep(run: string, name: string, text: string): Promise<Kept>;
  /** null where there is no such file. */
  read(run: string, name: string): Promise<(Kept & { text: string }) | null>;
}

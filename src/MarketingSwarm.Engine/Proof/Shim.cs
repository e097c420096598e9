namespace MarketingSwarm.Engine.Proof;
internal sealed record ProofResult(bool IsProven, byte[] TargetDigest);

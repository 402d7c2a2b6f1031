/// Any file that holds named tensors, recognised by its contents.
public enum TensorFile {
  /// The tensors of a safetensors file or a PyTorch checkpoint (zip or legacy format), by name.
  ///
  /// The file's name plays no part. Tensors are views of the mapped file where alignment and strides allow.
  ///
  /// - Parameter path: The file.
  /// - Returns: The tensors by their names in the file.
  /// - Throws: `TensorFileError` that says what the file is if it is neither, or what is wrong with it.
  public static func tensors(contentsOf path: String) throws(TensorFileError) -> [String: Tensor] {
    let storage = try TensorStorage.mapping(fileAt: path)
    let signature = FileSignature(storage)
    if signature.isZip || signature.isLegacyCheckpoint {
      return try TorchCheckpoint(storage: storage, name: path).tensors
    }
    if signature.isSafetensors { return try SafetensorsFile(storage: storage, name: path).tensors }
    throw TensorFileError(
      file: path,
      message: "is no tensor file, but \(signature). Expected a .safetensors file or a PyTorch checkpoint "
        + "saved with torch.save(model.state_dict(), path)")
  }
}
